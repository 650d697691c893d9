// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/** How a buffer lies in native memory. */
enum TileLayout {
  /** f32, row by row. */
  F32_ROWS(0),
  /** bf16, row by row. */
  BF16_ROWS(1),
  /** bf16 in tiles of 16 rows by 32 columns, tile by tile of 16 rows: what linears read. */
  BF16_TILES(2);

  private final int number;

  TileLayout(int number) {
    this.number = number;
  }

  /** What the kernels call it. */
  int number() {
    return number;
  }

  /** Columns of a bf16 tile. */
  static final int TILE_COLUMNS = 32;

  /** Tiles side by side that hold so many columns. */
  static int steps(int width) {
    return count(width, TILE_COLUMNS);
  }

  /**
   * Tiles from one row of tiles to the next: odd, or equal columns would share places in the cache.
   */
  static int stride(int steps) {
    return steps | 1;
  }

  /** Tiles that hold so many rows or columns. */
  static int count(int elements, int perTile) {
    return (elements + perTile - 1) / perTile;
  }

  /** Bytes of so many rows. */
  long bytes(int rows, int width) {
    return switch (this) {
      case F32_ROWS -> 4L * rows * width;
      case BF16_ROWS -> 2L * rows * width;
      case BF16_TILES ->
          (long) count(rows, TileKernels.TILE_ROWS) * stride(steps(width)) * TileKernels.TILE_BYTES;
    };
  }

  /** Where an element lies. */
  long offset(int row, int column, int width) {
    return switch (this) {
      case F32_ROWS -> 4 * ((long) row * width + column);
      case BF16_ROWS -> 2 * ((long) row * width + column);
      case BF16_TILES -> {
        long tileRow = row / TileKernels.TILE_ROWS;
        long tile = tileRow * stride(steps(width)) + column / TILE_COLUMNS;
        int inTile = row % TileKernels.TILE_ROWS * TILE_COLUMNS + column % TILE_COLUMNS;
        yield tile * TileKernels.TILE_BYTES + 2L * inTile;
      }
    };
  }
}
