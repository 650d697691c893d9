// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/**
 * The operands of one block product, the inner loop of linears and attention alike:
 *
 * <pre>sums[r][n] = fma(x[r][k], w[k][n], sums[r][n])   for k = 0, 1, ... depth - 1</pre>
 *
 * for r below rows and n below 32. Each sum is one chain of fused multiply-adds in ascending k, so
 * its bits depend on neither vector width, nor rows, nor how often the chain was interrupted and
 * taken up again from memory. A mutable holder, one per worker, so that calls allocate nothing.
 *
 * <p>Rows are rounded up to 1, 4 or 8: x and sums must be readable (with any content) up to there.
 */
final class Product {

  /** Columns of a block: two halves, which are the two halves of a packed word in bf16. */
  static final int COLUMNS = 32;

  static final int HALF = COLUMNS / 2;

  /** Most rows of a block: 16 accumulators of 16 lanes, half of the registers of AVX-512. */
  static final int ROWS = 8;

  /** Depth that plain loops widen at once: 128 * 32 floats stay in the first-level cache. */
  static final int WIDENED_DEPTH = 128;

  private static final float[] NO_FLOATS = {};
  private static final int[] NO_WORDS = {};

  int rows;
  int depth;

  /** [rows, xStride] from xOffset on. */
  float[] x = NO_FLOATS;

  int xOffset;
  int xStride;

  /** [depth, weightStride] from weightOffset on, in f32. */
  float[] weights = NO_FLOATS;

  /** The same in bf16: word n holds column n in its low half and column n + 16 in its high half. */
  int[] words = NO_WORDS;

  int weightOffset;
  int weightStride;

  /** [rows, sumStride] from sumOffset on. */
  float[] sums = NO_FLOATS;

  int sumOffset;
  int sumStride;

  /** Scratch of the kernel. */
  final float[] widened = new float[WIDENED_DEPTH * COLUMNS];

  /** Rows that a kernel really computes. */
  static int paddedRows(int rows) {
    return rows == 1 ? 1 : rows <= 4 ? 4 : ROWS;
  }
}
