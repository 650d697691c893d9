// SPDX-License-Identifier: Apache-2.0
// What is done row by row: norms, rounding to int8, looking tokens up.
#include <cmath>
#include <limits>

#include "highbeam_cpu.h"
#include "matrix.h"

namespace highbeam {

void rms_norm(const Matrix& in, const float* weight, float epsilon, int begin, int end, const Matrix& out) {
  const int width = in.width;
  for (int row = begin; row < end; row++) {
    __m512 squares = _mm512_setzero_ps();
    for (int i = 0; i < width; i += kLanes) {
      const __m512 value = load_lanes(in, row, i);
      squares = _mm512_fmadd_ps(value, value, squares);
    }
    const double mean = static_cast<double>(tree_sum(squares)) / width;
    const __m512 factor = _mm512_set1_ps(static_cast<float>(1 / std::sqrt(mean + static_cast<double>(epsilon))));
    for (int i = 0; i < width; i += kLanes) {
      const __m512 scaled = _mm512_mul_ps(load_lanes(in, row, i), factor);
      const __m512 factors = _mm512_maskz_loadu_ps(first_lanes(width - i), weight + i);
      store_lanes(out, row, i, width - i, _mm512_mul_ps(scaled, factors));
    }
  }
}

void embed(const uint16_t* table, const int32_t* ids, float scale, int begin, int end, const Matrix& out) {
  for (int row = begin; row < end; row++) {
    const uint16_t* from = table + static_cast<size_t>(ids[row]) * out.width;
    for (int i = 0; i < out.width; i += kLanes) {
      const __m512 value = from_bf16(_mm256_maskz_loadu_epi16(first_lanes(out.width - i), from + i));
      store_lanes(out, row, i, out.width - i, _mm512_mul_ps(value, _mm512_set1_ps(scale)));
    }
  }
}

void gather(const Matrix& in, const int32_t* rows, int begin, int end, const Matrix& out) {
  for (int row = begin; row < end; row++) {
    for (int i = 0; i < out.width; i += kLanes) {
      store_lanes(out, row, i, out.width - i, load_lanes(in, rows[row], i));
    }
  }
}

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
/// Below it 127 / magnitude would overflow.
constexpr float kLeastMagnitude = 1e-36f;

}  // namespace

void quantize_rows(const Matrix& in, int begin, int end, char* out, int out_stride, float* scales) {
  for (int row = begin; row < end; row++) {
    __m512 greatest = _mm512_setzero_ps();
    __mmask16 not_finite = 0;
    for (int i = 0; i < in.width; i += kLanes) {
      const __m512 value = _mm512_abs_ps(load_lanes(in, row, i));
      not_finite |= _mm512_cmp_ps_mask(value, _mm512_set1_ps(kInfinity), _CMP_NLT_UQ);
      greatest = _mm512_max_ps(greatest, value);
    }
    const float magnitude = _mm512_reduce_max_ps(greatest);
    // One NaN makes all sums of its row NaN, as it would without rounding.
    scales[row] = not_finite != 0 ? kNan : magnitude / 127;
    const bool is_zero = not_finite != 0 || magnitude < kLeastMagnitude;
    const __m512 factor = _mm512_set1_ps(is_zero ? 0 : 127 / magnitude);
    for (int i = 0; i < in.width; i += kLanes) {
      const __m512i rounded = _mm512_cvtps_epi32(_mm512_mul_ps(load_lanes(in, row, i), factor));
      const size_t tile = static_cast<size_t>(row / kTileRows) * out_stride + i / 64;
      char* to = out + tile * kTileBytes + (row % kTileRows) * kStepBytes + i % 64;
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtsepi32_epi8(rounded));
    }
  }
}

}  // namespace highbeam
