// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/** One worker's memory for a block of attention rows. */
final class AttentionScratch {

  /** Rows (pairs of token and query head) of a block: two block products high. */
  static final int ROWS = 2 * Product.ROWS;

  /** Positions whose keys or values are widened at once. */
  static final int TILE = Product.COLUMNS;

  /** Columns of values and sums: headDim rounded up to whole blocks. */
  final int valueStride;

  /** Positions of a row of scores: the longest sequence, and whole tiles on both sides. */
  final int scoreStride;

  /** [ROWS, headDim]. */
  final float[] queries;

  /** [ROWS, scoreStride]; scores, then their exponentials. */
  final float[] scores;

  /** [headDim, TILE]. */
  final float[] keys;

  /** [TILE, valueStride]. */
  final float[] values;

  /** [ROWS, valueStride]. */
  final float[] sums;

  /** [ROWS] first position that a row sees, and the one after its last. */
  final int[] first = new int[ROWS];

  final int[] end = new int[ROWS];
  final float[] totals = new float[ROWS];

  AttentionScratch(int headDim, int maxModelLength) {
    valueStride = (headDim + Product.COLUMNS - 1) / Product.COLUMNS * Product.COLUMNS;
    int rows = headDim == 0 ? 0 : ROWS;
    scoreStride = (maxModelLength + TILE - 1) / TILE * TILE;
    queries = new float[rows * headDim];
    scores = new float[Math.multiplyExact(rows, scoreStride)];
    keys = new float[headDim * TILE];
    values = new float[TILE * valueStride];
    sums = new float[rows * valueStride];
  }
}
