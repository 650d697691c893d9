// SPDX-License-Identifier: Apache-2.0
// Weights into panels of 32 columns (rows of W): each step of k is two tiles, the first for columns 0 to 15, and a tile's row holds
// 4 bytes of k for each column. Half a panel, one of the two, is packed at a time. Memory past the width stays as it was given, 0.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "highbeam_cpu.h"
#include "tile.h"
#include "vector.h"

namespace highbeam {
namespace {

constexpr int kStepPanelBytes = 2 * kTileBytes;
constexpr uint16_t kInfinityBits = 0x7f80;

/// Brings 16 rows of so many bytes, a multiple of 4, into the tiles of half a panel: a transposition of words.
void transpose(const char* rows, int row_bytes, char* half) {
  const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const __m512i places = _mm512_mullo_epi32(lanes, _mm512_set1_epi32(row_bytes));
  for (int at = 0; at < row_bytes; at += 4) {
    const __m512i words = _mm512_i32gather_epi32(places, rows + at, 1);
    _mm512_storeu_si512(half + at / kStepBytes * kStepPanelBytes + at % kStepBytes / 4 * kStepBytes, words);
  }
}

/// The greatest magnitude of a row of bf16, as its bits.
uint16_t greatest_bits(const uint16_t* row, int width) {
  uint16_t greatest = 0;
  for (int k = 0; k < width; k++) {
    greatest = std::max(greatest, static_cast<uint16_t>(row[k] & 0x7fff));
  }
  return greatest;
}

float from_bits(uint16_t bits) {
  const uint32_t word = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &word, 4);
  return value;
}

/// Rounds a row to multiples of its scale.
void round_row(const uint16_t* row, int width, float scale, char* out) {
  for (int k = 0; k < width; k += kLanes) {
    const __mmask16 lanes = first_lanes(width - k);
    const __m512 value = from_bf16(_mm256_maskz_loadu_epi16(lanes, row + k));
    const __m512i rounded = _mm512_cvtps_epi32(_mm512_div_ps(value, _mm512_set1_ps(scale)));
    _mm_mask_storeu_epi8(out + k, lanes, _mm512_cvtsepi32_epi8(rounded));
  }
}

}  // namespace

void pack_bf16_half(const uint16_t* rows, int width, char* half) {
  if (width % 2 == 0) {
    transpose(reinterpret_cast<const char*>(rows), width * 2, half);
    return;
  }
  for (int column = 0; column < kTileColumns; column++) {
    for (int k = 0; k < width; k++) {
      char* tile = half + k / 32 * kStepPanelBytes;
      std::memcpy(tile + k % 32 / 2 * kStepBytes + column * 4 + k % 2 * 2, rows + static_cast<size_t>(column) * width + k, 2);
    }
  }
}

size_t pack_int8_scratch_bytes(int width) { return static_cast<size_t>(kTileColumns) * ((width + 63) / 64 * 64); }

void pack_int8_half(const uint16_t* rows, int width, char* half, float* scales, char* scratch) {
  const int row_bytes = (width + 63) / 64 * 64;
  std::memset(scratch, 0, pack_int8_scratch_bytes(width));
  for (int column = 0; column < kTileColumns; column++) {
    const uint16_t* row = rows + static_cast<size_t>(column) * width;
    const uint16_t greatest = greatest_bits(row, width);
    // One NaN makes its column NaN, as it would without rounding.
    scales[column] = greatest < kInfinityBits ? from_bits(greatest) / 127 : std::numeric_limits<float>::quiet_NaN();
    if (scales[column] > 0) {
      round_row(row, width, scales[column], scratch + static_cast<size_t>(column) * row_bytes);
    }
  }
  transpose(scratch, row_bytes, half);
}

}  // namespace highbeam
