// SPDX-License-Identifier: Apache-2.0
// Matrix tiles of AMX (Intel Architecture Instruction Set Extensions Programming Reference, chapter 3): eight registers
// of 16 rows by 64 bytes. A tile of the left operand holds 16 rows by 32 bf16 (or 64 int8) of k; one of the right operand
// holds the same k by 16 columns, 4 bytes of k beside each other; the products are 16 by 16 sums of 4 bytes.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace highbeam {

constexpr int kTileRows = 16;
constexpr int kTileColumns = 16;
constexpr int kTileBytes = 1024;
/// Bytes of a tile's row: one step along k.
constexpr int kStepBytes = 64;

/// How the eight registers are cut; the layout is that of LDTILECFG.
struct alignas(64) TileShapes {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};

  void set(int tile, int row_count, int bytes) {
    rows[tile] = static_cast<uint8_t>(row_count);
    row_bytes[tile] = static_cast<uint16_t>(bytes);
  }

  /// Makes the registers of this thread so. Not the compiler's intrinsic: that of gcc 12 declares 8 of the 64 bytes as
  /// read and loses the stores to the others.
  void load() const { asm volatile("ldtilecfg %0" : : "m"(*this) : "memory"); }
};

/// Holds the tile registers for a call and gives them back, so that switching threads does not carry 8 KB of them.
class TileScope {
 public:
  explicit TileScope(const TileShapes& shapes) { shapes.load(); }
  ~TileScope() { _tile_release(); }
  TileScope(const TileScope&) = delete;
  TileScope& operator=(const TileScope&) = delete;
};

}  // namespace highbeam
