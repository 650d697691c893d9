// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes small safetensors files, and files that only look like some. */
final class SafetensorsWriter {

  private final Map<String, Object> header = new LinkedHashMap<>();
  private byte[] data = new byte[0];

  SafetensorsWriter() {
    header.put("__metadata__", Map.of("format", "pt"));
  }

  /** Appends a tensor, its values rounded to the type. */
  SafetensorsWriter add(String name, DType dtype, long[] shape, float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (dtype) {
        case F32 -> bytes.putFloat(value);
        case BF16 -> bytes.putShort(HalfFloats.floatToBf16(value));
        case F16 -> bytes.putShort(HalfFloats.floatToF16(value));
      }
    }
    return addRaw(name, dtype.name(), shape, bytes.array());
  }

  SafetensorsWriter addRaw(String name, String dtype, long[] shape, byte[] bytes) {
    int begin = data.length;
    data = Arrays.copyOf(data, begin + bytes.length);
    System.arraycopy(bytes, 0, data, begin, bytes.length);
    header.put(
        name, Map.of("dtype", dtype, "shape", shape, "data_offsets", List.of(begin, data.length)));
    return this;
  }

  byte[] toBytes() throws IOException {
    return file(mapper().writeValueAsBytes(header), data);
  }

  Path writeTo(Path path) throws IOException {
    return Files.write(path, toBytes());
  }

  /** Sorts keys, because Map.of has another order in each run. */
  static JsonMapper mapper() {
    return JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();
  }

  /** A file of any header and data. */
  static byte[] file(byte[] header, byte[] data) {
    return ByteBuffer.allocate(8 + header.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .put(data)
        .array();
  }
}
