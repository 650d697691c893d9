// SPDX-License-Identifier: Apache-2.0
// Writing sixteen results of a row, however the matrix lies.
#pragma once

#include "highbeam_cpu.h"
#include "tile.h"
#include "vector.h"

namespace highbeam {

inline char* tile_place(void* tiles, int steps, int row, int column) {
  const size_t tile = static_cast<size_t>(row / kTileRows) * steps + column / 32;
  return static_cast<char*>(tiles) + tile * kTileBytes + (row % kTileRows) * kStepBytes + (column % 32) * 2;
}

/// Writes the columns from a multiple of 16 on, as many as the matrix has, or adds to them.
inline void store_lanes(const Output& out, int row, int column, __m512 x, bool add = false) {
  const __mmask16 lanes = first_lanes(out.width - column);
  const size_t place = static_cast<size_t>(row) * out.width + column;
  switch (out.target) {
    case Target::kF32Rows: {
      float* to = static_cast<float*>(out.data) + place;
      _mm512_mask_storeu_ps(to, lanes, add ? _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, to), x) : x);
      break;
    }
    case Target::kBf16Rows: {
      uint16_t* to = static_cast<uint16_t*>(out.data) + place;
      const __m512 sum = add ? _mm512_add_ps(from_bf16(_mm256_maskz_loadu_epi16(lanes, to)), x) : x;
      _mm256_mask_storeu_epi16(to, lanes, to_bf16(sum));
      break;
    }
    case Target::kBf16Tiles:
      _mm256_mask_storeu_epi16(tile_place(out.data, out.steps, row, column), lanes, to_bf16(x));
      break;
  }
}

}  // namespace highbeam
