// SPDX-License-Identifier: Apache-2.0
// What is done row by row: norms, rounding to int8, looking tokens up.
#include <cmath>
#include <limits>

#include "highbeam_cpu.h"
#include "output.h"

namespace highbeam {

void rms_norm(const float* in, const float* weight, float epsilon, int begin, int end, const Output& out) {
  const int width = out.width;
  for (int row = begin; row < end; row++) {
    const float* x = in + static_cast<size_t>(row) * width;
    __m512 squares = _mm512_setzero_ps();
    for (int i = 0; i < width; i += kLanes) {
      const __m512 value = _mm512_maskz_loadu_ps(first_lanes(width - i), x + i);
      squares = _mm512_fmadd_ps(value, value, squares);
    }
    const double mean = static_cast<double>(tree_sum(squares)) / width;
    const __m512 factor = _mm512_set1_ps(static_cast<float>(1 / std::sqrt(mean + static_cast<double>(epsilon))));
    for (int i = 0; i < width; i += kLanes) {
      const __mmask16 lanes = first_lanes(width - i);
      const __m512 scaled = _mm512_mul_ps(_mm512_maskz_loadu_ps(lanes, x + i), factor);
      store_lanes(out, row, i, _mm512_mul_ps(scaled, _mm512_maskz_loadu_ps(lanes, weight + i)));
    }
  }
}

void embed(const uint16_t* table, const int32_t* ids, int width, float scale, int begin, int end, float* out) {
  for (int row = begin; row < end; row++) {
    const uint16_t* from = table + static_cast<size_t>(ids[row]) * width;
    float* to = out + static_cast<size_t>(row) * width;
    for (int i = 0; i < width; i += kLanes) {
      const __mmask16 lanes = first_lanes(width - i);
      const __m512 value = from_bf16(_mm256_maskz_loadu_epi16(lanes, from + i));
      _mm512_mask_storeu_ps(to + i, lanes, _mm512_mul_ps(value, _mm512_set1_ps(scale)));
    }
  }
}

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
/// Below it 127 / magnitude would overflow.
constexpr float kLeastMagnitude = 1e-36f;

int steps_of(int width, int columns) { return (width + columns - 1) / columns; }

__m512 lanes_of(const char* tiles, int steps, int row, int column) {
  // Columns past the width are 0 in every tile.
  const char* from = tile_place(const_cast<char*>(tiles), steps, row, column);
  return from_bf16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

}  // namespace

void quantize_rows(const char* tiles, int width, int begin, int end, char* out, float* scales) {
  const int bf16_steps = steps_of(width, 32);
  const int int8_steps = steps_of(width, 64);
  for (int row = begin; row < end; row++) {
    __m512 greatest = _mm512_setzero_ps();
    __mmask16 not_finite = 0;
    for (int i = 0; i < bf16_steps * 32; i += kLanes) {
      const __m512 value = _mm512_abs_ps(lanes_of(tiles, bf16_steps, row, i));
      not_finite |= _mm512_cmp_ps_mask(value, _mm512_set1_ps(kInfinity), _CMP_NLT_UQ);
      greatest = _mm512_max_ps(greatest, value);
    }
    const float magnitude = _mm512_reduce_max_ps(greatest);
    // One NaN makes all sums of its row NaN, as it would without rounding.
    scales[row] = not_finite != 0 ? kNan : magnitude / 127;
    const bool is_zero = not_finite != 0 || magnitude < kLeastMagnitude;
    const __m512 factor = _mm512_set1_ps(is_zero ? 0 : 127 / magnitude);
    for (int i = 0; i < bf16_steps * 32; i += kLanes) {
      const __m512i rounded = _mm512_cvtps_epi32(_mm512_mul_ps(lanes_of(tiles, bf16_steps, row, i), factor));
      const size_t tile = static_cast<size_t>(row / kTileRows) * int8_steps + i / 64;
      char* to = out + tile * kTileBytes + (row % kTileRows) * kStepBytes + i % 64;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtsepi32_epi8(rounded));
    }
  }
}

}  // namespace highbeam
