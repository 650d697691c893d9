// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.json.MalformedFileException;
import java.util.Arrays;

/**
 * One line of a safetensors header: where a tensor lies in the file's data and what it is.
 *
 * @param dtype the format's own word; only F32, F16 and BF16 can be read, the others are carried
 * @param begin first byte, counted from the start of the data
 * @param end one past the last byte
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared; made once and kept inside the package.
record TensorEntry(String name, String dtype, long[] shape, long begin, long end) {

  private static final int MAX_RANK = 8;

  /** Checks that dtype times shape is the length, in exact arithmetic. */
  void check(String fileName) throws MalformedFileException {
    if (shape.length > MAX_RANK) {
      throw problem(fileName, "has " + shape.length + " dimensions, at most 8 are accepted");
    }
    if (begin < 0 || end < begin) {
      throw problem(fileName, "has the offsets " + begin + " and " + end);
    }
    int elementBytes = elementBytes(dtype);
    if (elementBytes == 0) {
      return; // A type of a later format: its size is unknown, and it is refused when used.
    }
    long bytes = elementBytes;
    try {
      for (long size : shape) {
        bytes = Math.multiplyExact(bytes, size);
      }
    } catch (ArithmeticException e) {
      throw new MalformedFileException(fileName, describe() + " is larger than 2^63 bytes", e);
    }
    if (bytes != end - begin) {
      throw problem(fileName, "needs " + bytes + " bytes but is given " + (end - begin));
    }
  }

  MalformedFileException problem(String fileName, String problem) {
    return new MalformedFileException(fileName, describe() + " " + problem);
  }

  private String describe() {
    return "tensor "
        + FileProblems.quoted(name)
        + " ("
        + FileProblems.quoted(dtype)
        + " "
        + (shape.length > MAX_RANK ? "[...]" : Arrays.toString(shape))
        + ")";
  }

  private static int elementBytes(String dtype) {
    return switch (dtype) {
      case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0" -> 1;
      case "U16", "I16", "F16", "BF16" -> 2;
      case "U32", "I32", "F32" -> 4;
      case "U64", "I64", "F64", "C64" -> 8;
      default -> 0;
    };
  }
}
