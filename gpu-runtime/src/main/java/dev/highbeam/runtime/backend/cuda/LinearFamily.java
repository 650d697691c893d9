// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.DType;

/**
 * The reduction family of a linear: all that the bits of its sums depend on. With segments s of the
 * k axis, a sum is ((p0 + p1) + p2) + ..., each p a chain over its segment in ascending k, in f32.
 * Neither the number of tokens nor the device's size enters, so that a row's result is the same in
 * every step. How a launch is cut into thread blocks is free: see {@link LinearTiles}.
 *
 * @param kernel how products are made
 * @param weightType F32, BF16 or F16
 * @param rows rows of the weights, all members together
 * @param paddedK columns of the weights, rounded up to whole tiles; the pad is zero
 * @param segmentLength columns of a segment, whole tiles; the last one may be shorter
 * @param segmentCount segments of the k axis
 */
record LinearFamily(
    LinearKernel kernel,
    DType weightType,
    int rows,
    int paddedK,
    int segmentLength,
    int segmentCount) {

  /** Bytes of a weight tile's row. */
  static final int TILE_ROW_BYTES = 128;

  private static final int TILE_ROWS = 64;
  private static final int MAX_SEGMENTS = 8;
  private static final int MIN_SEGMENT_LENGTH = 512;
  // Blocks of 64 rows that fill a large device about twice over.
  private static final int WANTED_BLOCKS = 256;

  /** The family of a linear of so many weight rows and columns. */
  static LinearFamily of(LinearKernel kernel, DType weightType, int rows, int inputWidth) {
    Checks.checkArgument(rows > 0, "rows must be positive, was %s", rows);
    Checks.checkArgument(inputWidth > 0, "input width must be positive, was %s", inputWidth);
    int tileColumns = TILE_ROW_BYTES / weightType.bytes();
    int paddedK = Math.multiplyExact(ceilDiv(inputWidth, tileColumns), tileColumns);
    if (kernel == LinearKernel.SIMT) {
      return new LinearFamily(kernel, weightType, rows, paddedK, paddedK, 1);
    }
    int wanted = Math.min(Math.max(WANTED_BLOCKS / ceilDiv(rows, TILE_ROWS), 1), MAX_SEGMENTS);
    int most = Math.max(inputWidth / MIN_SEGMENT_LENGTH, 1);
    int length = ceilDiv(ceilDiv(inputWidth, Math.min(wanted, most)), tileColumns) * tileColumns;
    return new LinearFamily(kernel, weightType, rows, paddedK, length, ceilDiv(paddedK, length));
  }

  static int ceilDiv(int dividend, int divisor) {
    return Math.toIntExact(((long) dividend + divisor - 1) / divisor);
  }
}
