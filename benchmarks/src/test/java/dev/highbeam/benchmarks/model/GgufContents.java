// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A GGUF file read back by the format's own description, knowing nothing of the writer; for files
 * that fit into an array.
 */
final class GgufContents {

  /**
   * A tensor's sizes, row length first, its type's number and where its data begins in the file.
   */
  record Tensor(List<Long> shape, int type, int begin) {}

  final Map<String, Object> metadata = new LinkedHashMap<>();
  final Map<String, Tensor> tensors = new LinkedHashMap<>();
  final ByteBuffer bytes;

  GgufContents(Path path) throws IOException {
    bytes = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[4];
    bytes.get(magic);
    if (!new String(magic, StandardCharsets.US_ASCII).equals("GGUF") || bytes.getInt() != 3) {
      throw new IOException(path + " is no GGUF 3");
    }
    long tensorCount = bytes.getLong();
    long metadataCount = bytes.getLong();
    for (long i = 0; i < metadataCount; i++) {
      String key = text();
      metadata.put(key, value(bytes.getInt()));
    }
    Map<String, Tensor> relative = new LinkedHashMap<>();
    for (long i = 0; i < tensorCount; i++) {
      String name = text();
      List<Long> shape = new ArrayList<>();
      int dimensions = bytes.getInt();
      for (int dimension = 0; dimension < dimensions; dimension++) {
        shape.add(bytes.getLong());
      }
      relative.put(name, new Tensor(shape, bytes.getInt(), Math.toIntExact(bytes.getLong())));
    }
    int data = (bytes.position() + 31) / 32 * 32;
    relative.forEach(
        (name, tensor) ->
            tensors.put(name, new Tensor(tensor.shape(), tensor.type(), data + tensor.begin())));
  }

  private Object value(int type) throws IOException {
    return switch (type) {
      case 4, 5 -> bytes.getInt();
      case 6 -> bytes.getFloat();
      case 7 -> bytes.get() != 0;
      case 8 -> text();
      case 9 -> {
        int elements = bytes.getInt();
        List<Object> values = new ArrayList<>();
        for (long count = bytes.getLong(); count > 0; count--) {
          values.add(value(elements));
        }
        yield values;
      }
      default -> throw new IOException("a value of type " + type);
    };
  }

  private String text() {
    byte[] text = new byte[Math.toIntExact(bytes.getLong())];
    bytes.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }
}
