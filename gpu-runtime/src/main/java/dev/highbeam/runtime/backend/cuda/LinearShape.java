// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.image.Capability;
import java.util.List;

/**
 * One compiled size of a linear kernel; the numbers repeat the constants in its source.
 *
 * @param tokenTile tokens of a thread block, the n in the kernel's name
 * @param rowTile weight rows of a thread block
 * @param threads threads of a block
 * @param sharedBytes dynamic shared memory of a block
 * @param blocksPerMultiprocessor how many of them one multiprocessor holds, for sizing a grid
 */
record LinearShape(
    int tokenTile, int rowTile, int threads, int sharedBytes, int blocksPerMultiprocessor) {

  private static final Capability AMPERE = new Capability(8, 0);
  private static final int TILE_ROW_BYTES = LinearFamily.TILE_ROW_BYTES;

  /** Barriers of the pipeline, at the start of a wgmma kernel's shared memory. */
  private static final int BARRIER_BYTES = 1024;

  /** A staged token: 64 sums of f32 and 16 bytes that keep banks apart. */
  private static final int STAGED_TOKEN_BYTES = 272;

  private static final List<LinearShape> SIMT = List.of(new LinearShape(32, 64, 128, 0, 4));

  private static final List<LinearShape> MMA =
      List.of(
          mma(8, 64, 128, 5, 3),
          mma(16, 64, 128, 5, 3),
          mma(32, 64, 128, 4, 3),
          mma(64, 128, 256, 3, 2),
          mma(128, 128, 256, 3, 1));

  // Before sm_80 there are no asynchronous copies: two stages, and 64 KiB of shared memory.
  private static final List<LinearShape> TURING_MMA =
      List.of(
          mma(8, 64, 128, 2, 3),
          mma(16, 64, 128, 2, 3),
          mma(32, 64, 128, 2, 2),
          mma(64, 128, 256, 2, 1),
          mma(128, 128, 256, 2, 1));

  private static final List<LinearShape> WGMMA =
      List.of(
          wgmma(8, 64, 7, 8, 3),
          wgmma(16, 64, 6, 16, 3),
          wgmma(32, 64, 5, 16, 3),
          wgmma(64, 128, 4, 16, 2),
          wgmma(128, 128, 6, 32, 1),
          wgmma(192, 128, 5, 32, 1),
          wgmma(256, 128, 4, 32, 1));

  /** All sizes of a kernel on a device, by ascending token tile. */
  static List<LinearShape> of(LinearKernel kernel, Capability device) {
    return switch (kernel) {
      case SIMT -> SIMT;
      case MMA -> device.isAtLeast(AMPERE) ? MMA : TURING_MMA;
      case WGMMA -> WGMMA;
    };
  }

  private static LinearShape mma(
      int tokenTile, int rowTile, int threads, int stages, int blocksPerMultiprocessor) {
    int sharedBytes = stages * (rowTile + tokenTile) * TILE_ROW_BYTES;
    return new LinearShape(tokenTile, rowTile, threads, sharedBytes, blocksPerMultiprocessor);
  }

  private static LinearShape wgmma(
      int tokenTile, int rowTile, int stages, int stagedTokens, int blocksPerMultiprocessor) {
    int consumers = rowTile / 64;
    int bytes =
        BARRIER_BYTES
            + stages * (rowTile + tokenTile) * TILE_ROW_BYTES
            + consumers * stagedTokens * STAGED_TOKEN_BYTES;
    // One warpgroup brings the operands; whole KiB keep the swizzled tiles aligned.
    return new LinearShape(
        tokenTile,
        rowTile,
        128 * (consumers + 1),
        LinearFamily.ceilDiv(bytes, 1024) * 1024,
        blocksPerMultiprocessor);
  }
}
