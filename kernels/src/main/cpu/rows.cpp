// SPDX-License-Identifier: Apache-2.0
// What is done row by row: norms, rounding to int8, looking tokens up.
#include <algorithm>
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

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
/// Below it 127 / magnitude would overflow.
constexpr float kLeastMagnitude = 1e-36f;
/// Bits of a bf16 without its sign, and those of infinity: what is not below is not finite.
constexpr short kMagnitudeBits = 0x7fff;
constexpr uint16_t kInfinityBits = 0x7f80;

/// The greatest of 32 numbers of 16 bits.
uint16_t greatest_of(__m512i x) {
  const __m256i half = _mm256_max_epu16(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
  const __m512i words = _mm512_cvtepu16_epi32(half);
  return static_cast<uint16_t>(_mm512_reduce_max_epu32(words));
}

/// Sets the scales of the rows of a row of tiles and gives the factors by which their elements are multiplied.
void find_scales(const char* tiles, int tile_count, int rows, float* scales, float* factors) {
  const __m512i bits = _mm512_set1_epi16(kMagnitudeBits);
  for (int row = 0; row < rows; row++) {
    __m512i greatest = _mm512_setzero_si512();
    for (int tile = 0; tile < tile_count; tile++) {
      const __m512i values = _mm512_load_si512(tiles + static_cast<size_t>(tile) * kTileBytes + row * kStepBytes);
      greatest = _mm512_max_epu16(greatest, _mm512_and_si512(values, bits));
    }
    const uint16_t magnitude_bits = greatest_of(greatest);
    const float magnitude = _mm512_cvtss_f32(from_bf16(_mm256_set1_epi16(static_cast<short>(magnitude_bits))));
    // One NaN makes all sums of its row NaN, as it would without rounding.
    const bool is_finite = magnitude_bits < kInfinityBits;
    scales[row] = is_finite ? magnitude / 127 : kNan;
    factors[row] = is_finite && magnitude >= kLeastMagnitude ? 127 / magnitude : 0;
  }
}

__m128i rounded(__m256i values, __m512 factor) {
  return _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(from_bf16(values), factor)));
}

}  // namespace

void quantize_rows(const Matrix& in, int begin, int end, char* out, int out_stride, float* scales) {
  const int tile_count = (in.width + 31) / 32;
  for (int first = begin; first < end; first += kTileRows) {
    const int rows = std::min(kTileRows, end - first);
    const char* tiles = static_cast<const char*>(in.data) + static_cast<size_t>(first / kTileRows) * in.tile_stride * kTileBytes;
    char* to = out + static_cast<size_t>(first / kTileRows) * out_stride * kTileBytes;
    float factors[kTileRows];
    find_scales(tiles, tile_count, rows, scales + first, factors);
    for (int tile = 0; tile < tile_count; tile++) {
      const char* from = tiles + static_cast<size_t>(tile) * kTileBytes;
      char* half = to + static_cast<size_t>(tile / 2) * kTileBytes + tile % 2 * 32;
      for (int row = 0; row < rows; row++) {
        const __m512i values = _mm512_load_si512(from + row * kStepBytes);
        const __m512 factor = _mm512_set1_ps(factors[row]);
        const __m128i low = rounded(_mm512_castsi512_si256(values), factor);
        const __m128i high = rounded(_mm512_extracti64x4_epi64(values, 1), factor);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(half + row * kStepBytes), _mm256_set_m128i(high, low));
      }
    }
  }
}

}  // namespace highbeam
