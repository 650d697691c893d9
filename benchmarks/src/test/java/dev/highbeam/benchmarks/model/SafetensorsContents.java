// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** A safetensors file read back by its own description; for files that fit into an array. */
final class SafetensorsContents {

  private final ByteBuffer bytes;
  private final JsonNode header;
  private final int data;

  SafetensorsContents(Path path) throws IOException {
    bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    int length = Math.toIntExact(bytes.getLong(0));
    data = Long.BYTES + length;
    header = new JsonMapper().readTree(bytes.array(), Long.BYTES, length);
  }

  /** The bfloat16 value at a place of a tensor, rows after rows. */
  short value(String tensor, int index) {
    return bytes.getShort(
        data + header.get(tensor).get("data_offsets").get(0).asInt() + index * Short.BYTES);
  }

  int end() {
    int end = 0;
    for (JsonNode tensor : header) {
      end = tensor.has("dtype") ? Math.max(end, tensor.get("data_offsets").get(1).asInt()) : end;
    }
    return data + end;
  }

  int size() {
    return bytes.capacity();
  }
}
