// SPDX-License-Identifier: Apache-2.0
// Weights into panels of 32 columns (rows of W): each step of k is two tiles, the first for columns 0 to 15, and a tile's row holds
// 4 bytes of k for each column. Memory past the width stays as it was given, 0.
#include <cmath>

#include "highbeam_cpu.h"
#include "tile.h"

namespace highbeam {
namespace {

constexpr int kPanelColumns = 2 * kTileColumns;

/// Where k of a column lies in a panel of elements of so many bytes.
char* place(char* panel, int column, int k, int element_bytes) {
  const int per_step = kStepBytes / element_bytes;
  const int per_word = 4 / element_bytes;
  char* tile = panel + (k / per_step * 2 + column / kTileColumns) * kTileBytes;
  const int row = k % per_step / per_word;
  return tile + row * kStepBytes + (column % kTileColumns) * 4 + k % per_word * element_bytes;
}

uint16_t rounded_to_bf16(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  if (value != value) {
    return static_cast<uint16_t>(bits >> 16 | 0x40);
  }
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

}  // namespace

void pack_bf16_panel(const float* columns, int width, char* panel) {
  for (int column = 0; column < kPanelColumns; column++) {
    for (int k = 0; k < width; k++) {
      const uint16_t value = rounded_to_bf16(columns[static_cast<size_t>(column) * width + k]);
      __builtin_memcpy(place(panel, column, k, 2), &value, 2);
    }
  }
}

void pack_int8_panel(const float* columns, int width, char* panel, float* scales) {
  for (int column = 0; column < kPanelColumns; column++) {
    const float* from = columns + static_cast<size_t>(column) * width;
    float magnitude = 0;
    for (int k = 0; k < width; k++) {
      // Written so that a NaN stays.
      magnitude = std::fabs(from[k]) <= magnitude ? magnitude : std::fabs(from[k]);
    }
    scales[column] = magnitude / 127;
    for (int k = 0; k < width; k++) {
      const float scaled = scales[column] > 0 ? from[k] / scales[column] : 0;
      *place(panel, column, k, 1) = static_cast<char>(std::nearbyint(scaled));
    }
  }
}

}  // namespace highbeam
