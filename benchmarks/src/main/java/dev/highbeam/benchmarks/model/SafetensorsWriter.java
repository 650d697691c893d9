// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Writes weights in bfloat16 as one safetensors file: an 8-byte header length, a JSON header, the
 * tensors' bytes without gaps.
 */
final class SafetensorsWriter {

  private static final int ALIGNMENT = 8;

  private SafetensorsWriter() {}

  static void write(Path path, List<TensorSpec> tensors, RandomWeights weights) throws IOException {
    try (LittleEndianFile file = new LittleEndianFile(path)) {
      byte[] header = header(tensors);
      file.putLong(header.length);
      file.putBytes(header);
      for (TensorSpec tensor : tensors) {
        RandomWeights.Rows rows = weights.of(tensor);
        short[] row = new short[tensor.columns()];
        for (int number = 0; number < tensor.rows(); number++) {
          rows.get(number, row);
          int bytes = row.length * Short.BYTES;
          var room = file.room(bytes);
          room.asShortBuffer().put(row);
          room.position(room.position() + bytes);
        }
      }
    }
  }

  private static byte[] header(List<TensorSpec> tensors) throws IOException {
    JsonMapper mapper = new JsonMapper();
    ObjectNode header = mapper.createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (TensorSpec tensor : tensors) {
      ObjectNode entry = header.putObject(tensor.huggingFaceName()).put("dtype", "BF16");
      var shape = entry.putArray("shape");
      if (tensor.isMatrix()) {
        shape.add(tensor.rows());
      }
      shape.add(tensor.columns());
      long end = offset + tensor.size() * Short.BYTES;
      entry.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    byte[] text = mapper.writeValueAsBytes(header);
    int padding = (ALIGNMENT - text.length % ALIGNMENT) % ALIGNMENT;
    byte[] padded = Arrays.copyOf(text, text.length + padding);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    return padded;
  }
}
