// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import dev.highbeam.runtime.backend.HalfFloats;
import java.nio.ByteBuffer;

/**
 * GGML's Q8_0: blocks of 32 values as one scale in f16 and 32 signed bytes, value = scale x byte.
 * The scale is the greatest magnitude over 127; bytes are rounded, ties away from zero, by the
 * scale before its own rounding (quantize_row_q8_0_ref in ggml-quants.c).
 */
final class Quantizer {

  /** Values of a block. */
  static final int BLOCK = 32;

  /** Bytes of a block. */
  static final int BLOCK_BYTES = 2 + BLOCK;

  private Quantizer() {}

  /**
   * Appends a row in little-endian order.
   *
   * @param row a multiple of {@link #BLOCK} values
   */
  static void q8(float[] row, ByteBuffer target) {
    if (row.length % BLOCK != 0) {
      throw new IllegalArgumentException(
          "a row must be a multiple of " + BLOCK + " values, was " + row.length);
    }
    for (int begin = 0; begin < row.length; begin += BLOCK) {
      float greatest = 0;
      for (int i = begin; i < begin + BLOCK; i++) {
        greatest = Math.max(greatest, Math.abs(row[i]));
      }
      float scale = greatest / 127;
      float inverse = scale == 0 ? 0 : 1 / scale;
      target.putShort(HalfFloats.floatToF16(scale));
      for (int i = begin; i < begin + BLOCK; i++) {
        target.put((byte) roundAwayFromZero(row[i] * inverse));
      }
    }
  }

  /** C's roundf: the sum is exact enough because the magnitude is at most 127. */
  private static int roundAwayFromZero(float value) {
    return (int) (value < 0 ? value - 0.5 : value + 0.5);
  }
}
