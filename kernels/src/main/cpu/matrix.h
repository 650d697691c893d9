// SPDX-License-Identifier: Apache-2.0
// Reading and writing sixteen elements of a row, however the matrix lies.
#pragma once

#include <cstring>

#include "highbeam_cpu.h"
#include "tile.h"
#include "vector.h"

namespace highbeam {

inline char* tile_place(void* tiles, int stride, int row, int column) {
  const size_t tile = static_cast<size_t>(row / kTileRows) * stride + column / 32;
  return static_cast<char*>(tiles) + tile * kTileBytes + (row % kTileRows) * kStepBytes + (column % 32) * 2;
}

/// The columns from a multiple of 16 on, as f32; 0 past the last.
inline __m512 load_lanes(const Matrix& in, int row, int column) {
  const __mmask16 lanes = first_lanes(in.width - column);
  const size_t place = static_cast<size_t>(row) * in.width + column;
  switch (in.layout) {
    case Layout::kF32Rows:
      return _mm512_maskz_loadu_ps(lanes, static_cast<const float*>(in.data) + place);
    case Layout::kBf16Rows:
      return from_bf16(_mm256_maskz_loadu_epi16(lanes, static_cast<const uint16_t*>(in.data) + place));
    case Layout::kBf16Tiles:
      return from_bf16(_mm256_maskz_loadu_epi16(lanes, tile_place(in.data, in.tile_stride, row, column)));
  }
  return _mm512_setzero_ps();
}

/// Writes so many columns from a multiple of 16 on, or adds to them; to rows from any column on.
inline void store_lanes(const Matrix& out, int row, int column, int count, __m512 x, bool add = false) {
  const __mmask16 lanes = first_lanes(count);
  const size_t place = static_cast<size_t>(row) * out.width + column;
  switch (out.layout) {
    case Layout::kF32Rows: {
      float* to = static_cast<float*>(out.data) + place;
      _mm512_mask_storeu_ps(to, lanes, add ? _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, to), x) : x);
      break;
    }
    case Layout::kBf16Rows: {
      uint16_t* to = static_cast<uint16_t*>(out.data) + place;
      const __m512 sum = add ? _mm512_add_ps(from_bf16(_mm256_maskz_loadu_epi16(lanes, to)), x) : x;
      _mm256_mask_storeu_epi16(to, lanes, to_bf16(sum));
      break;
    }
    case Layout::kBf16Tiles:
      _mm256_mask_storeu_epi16(tile_place(out.data, out.tile_stride, row, column), lanes, to_bf16(x));
      break;
  }
}

/// The same from any column on.
inline void store_anywhere(const Matrix& out, int row, int column, int count, __m512 x) {
  if (out.layout != Layout::kBf16Tiles || column % kLanes == 0) {
    store_lanes(out, row, column, count, x);
    return;
  }
  uint16_t halves[kLanes];
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(halves), to_bf16(x));
  for (int i = 0; i < count; i++) {
    std::memcpy(tile_place(out.data, out.tile_stride, row, column + i), halves + i, 2);
  }
}

}  // namespace highbeam
