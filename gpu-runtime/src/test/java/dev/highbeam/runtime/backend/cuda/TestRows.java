// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Rows for the kernels that work on single ones. */
final class TestRows {

  /** The types of activations. */
  static final List<ElementType> TYPES =
      List.of(ElementType.F32, ElementType.BF16, ElementType.F16);

  /** What memory holds that nothing may write. */
  static final float UNTOUCHED = 77;

  /** Around the borders of vectors and thread blocks. */
  static final int[] WIDTHS = {1, 2, 7, 8, 9, 31, 33, 127, 128, 129, 1000, 2304, 4099};

  private TestRows() {}

  static int stride(int width) {
    return (width + 63) / 64 * 64;
  }

  /** Rows of random values; what lies between width and stride is given. */
  static float[] rows(int count, int width, int stride, int seed, float padding) {
    Random random = new Random(seed);
    float[] values = new float[count * stride];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % stride < width ? (float) random.nextGaussian() : padding;
    }
    return values;
  }

  static float[] filled(int count) {
    float[] values = new float[count];
    Arrays.fill(values, UNTOUCHED);
    return values;
  }
}
