// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import java.nio.ByteBuffer;

/**
 * The kernels of machine code (kernels/src/main/cpu). Addresses are longs of native memory; nothing
 * is checked there, so whoever calls has checked. Methods named new make a call, whose content
 * stays, and those named free end it. Only for where {@link TileLibrary} has loaded them.
 */
final class TileKernels {

  /** Rows and columns of operands come in tiles of these. */
  static final int TILE_ROWS = 16;

  static final int TILE_BYTES = 1024;

  /** Columns of a panel of weights. */
  static final int PANEL_COLUMNS = 32;

  /** Tokens that keys and values lie in groups of. */
  static final int GROUP_TOKENS = 16;

  /** Rows (pairs of token and query head) of a block of attention. */
  static final int ATTENTION_ROWS = 64;

  /** Offsets in what {@link #scanRow} writes, and its size. */
  static final int SCAN_TOTAL = 0;

  static final int SCAN_GREATEST = 8;
  static final int SCAN_GREATEST_ID = 12;
  static final int SCAN_IS_ORDERED = 16;
  static final int SCAN_IS_UNIFORM = 20;
  static final int SCAN_BYTES = 24;

  private TileKernels() {}

  /** Whether processor and system have tiles; the process may use them from then on. */
  static native boolean isSupported();

  /** Zeroed memory, or 0 if there is none. */
  static native long allocate(long bytes);

  static native void release(long memory, long bytes);

  /** A view of at most 2^31 - 1 bytes. */
  static native ByteBuffer buffer(long memory, long bytes);

  /** Bytes that each thread needs for {@link #linear}. */
  static native long linearScratchBytes();

  /** Bytes that each thread needs for {@link #attention}. */
  static native long attentionScratchBytes(int headDim);

  /** Brings 16 rows of bf16, in a direct buffer, into the tiles of half a panel. */
  static native void packBf16Half(ByteBuffer rows, int width, long half);

  /** Bytes of memory that {@link #packInt8Half} needs. */
  static native long packInt8ScratchBytes(int width);

  /** The same, rounded to int8; writes the 16 scales. */
  static native void packInt8Half(ByteBuffer rows, int width, long half, long scales, long scratch);

  /**
   * A matrix: data, how it lies ({@link TileLayout#number}), columns, tiles from one row of tiles
   * to the next.
   */
  static native long newMatrix(long data, int layout, int width, int tileStride);

  static native void freeMatrix(long matrix);

  /** A linear; see LinearCall in highbeam_cpu.h. */
  static native long newLinear(
      boolean isInt8,
      long left,
      int leftStride,
      long leftScales,
      long right,
      long rightScales,
      long bias,
      int steps,
      int epilogue,
      long out);

  static native void freeLinear(long call);

  /** Computes the panels [begin, end) of so many rows. */
  static native void linear(long call, int rows, int begin, int end, long scratch);

  /**
   * Brings the rows [begin, end) of a matrix of bf16 tiles into int8 tiles and their scales; begin
   * is the first row of a tile.
   */
  static native void quantizeRows(
      long in, int begin, int end, long out, int outStride, long scales);

  static native void rmsNorm(long in, long weight, float epsilon, int begin, int end, long out);

  static native void embed(long table, long ids, float scale, int begin, int end, long out);

  static native void gather(long in, long rows, int begin, int end, long out);

  /** The arrays of a step; see StepArrays. */
  static native long newStep(
      long positions,
      long slots,
      long queryIndptr,
      long pageIndptr,
      long pageIndices,
      long lastPageLength);

  static native void freeStep(long step);

  /** One layer's keys and values; see LayerCache. */
  static native long newCache(long keys, long values, int kvHeads, int headDim, int pageSize);

  static native void freeCache(long cache);

  static native long newRope(
      long qkv, int queryHeads, long cosines, long sines, int pairs, long cache, long step);

  static native void freeRope(long call);

  /** Rotates and appends the tokens [begin, end). */
  static native void ropeAppend(long call, int begin, int end);

  /** See AttentionCall. */
  static native long newAttention(
      long qkv,
      int queryHeads,
      int window,
      float scale,
      float softCap,
      long sinks,
      long cache,
      long step,
      long blocks,
      long out);

  static native void freeAttention(long call);

  /** Computes the tasks [begin, end), a task being a block and a kv head. */
  static native void attention(long call, int begin, int end, long scratch);

  /** The f32 at an address. */
  static native float read(long address);

  /** Writes what sampling must know of a row of logits. */
  static native void scanRow(long logits, int count, long scan);

  /** The token drawn by these random bits. */
  static native int draw(
      long logits, int count, float greatest, float temperature, long least, long bits);
}
