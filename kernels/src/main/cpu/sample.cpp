// SPDX-License-Identifier: Apache-2.0
// The scans of a row of logits that sampling needs: integer weights as dev.highbeam.runtime.sampling.PortableExp defines them, so that sums
// do not depend on their order and the drawn token is that of the Java code, bit for bit.
#include <algorithm>
#include <limits>

#include "highbeam_cpu.h"
#include "vector.h"

namespace highbeam {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
/// Logits whose weights are summed before one of them is looked for.
constexpr int kRun = 4096;

/// floor(2^40 e^x) of 16 x <= 0, in two halves; 0 below -28.
struct Weights {
  explicit Weights(__m512 x) {
    const __mmask16 counts = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-28.0f), _CMP_NLT_UQ);
    const __m512 scaled = _mm512_maskz_mul_ps(counts, exp_nonpositive(x), _mm512_set1_ps(0x1p40f));
    low = _mm512_cvttps_epi64(_mm512_castps512_ps256(scaled));
    high = _mm512_cvttps_epi64(_mm512_extractf32x8_ps(scaled, 1));
  }

  __m512i low;
  __m512i high;
};

__m512 loaded(const float* logits, int i, int count) {
  return _mm512_mask_loadu_ps(_mm512_set1_ps(-kInfinity), first_lanes(count - i), logits + i);
}

/// The weights of sampling from i on; lanes past the count are 0.
Weights weights_at(const float* logits, int i, int count, float greatest, float temperature, int64_t least) {
  const __m512 distance = _mm512_sub_ps(loaded(logits, i, count), _mm512_set1_ps(greatest));
  Weights weights(_mm512_div_ps(distance, _mm512_set1_ps(temperature)));
  const __m512i bound = _mm512_set1_epi64(least);
  weights.low = _mm512_maskz_mov_epi64(_mm512_cmpge_epi64_mask(weights.low, bound), weights.low);
  weights.high = _mm512_maskz_mov_epi64(_mm512_cmpge_epi64_mask(weights.high, bound), weights.high);
  return weights;
}

int64_t sum_of(const float* logits, int begin, int end, float greatest, float temperature, int64_t least) {
  __m512i sum = _mm512_setzero_si512();
  for (int i = begin; i < end; i += kLanes) {
    const Weights weights = weights_at(logits, i, end, greatest, temperature, least);
    sum = _mm512_add_epi64(sum, _mm512_add_epi64(weights.low, weights.high));
  }
  return _mm512_reduce_add_epi64(sum);
}

}  // namespace

void scan_row(const float* logits, int count, RowScan* scan) {
  __m512 greatest = _mm512_set1_ps(-kInfinity);
  const __m512 first = _mm512_set1_ps(logits[0]);
  bool is_ordered = true;
  bool is_uniform = count > 1;
  for (int i = 0; i < count; i += kLanes) {
    const __mmask16 lanes = first_lanes(count - i);
    const __m512 x = _mm512_mask_loadu_ps(first, lanes, logits + i);
    is_ordered &= _mm512_mask_cmp_ps_mask(lanes, x, _mm512_set1_ps(kInfinity), _CMP_NLT_UQ) == 0;
    is_uniform &= _mm512_cmp_ps_mask(x, first, _CMP_NEQ_UQ) == 0;
    greatest = _mm512_max_ps(x, greatest);
  }
  scan->greatest = _mm512_reduce_max_ps(greatest);
  scan->is_ordered = is_ordered;
  scan->is_uniform = is_uniform;
  scan->greatest_id = -1;
  scan->total = 0;
  if (!is_ordered || scan->greatest == -kInfinity) {
    return;
  }
  __m512i total = _mm512_setzero_si512();
  for (int i = 0; i < count; i += kLanes) {
    const __m512 x = loaded(logits, i, count);
    const __mmask16 equal = _mm512_cmp_ps_mask(x, _mm512_set1_ps(scan->greatest), _CMP_EQ_OQ);
    if (equal != 0 && scan->greatest_id < 0) {
      scan->greatest_id = i + __builtin_ctz(equal);
    }
    const Weights weights(_mm512_sub_ps(x, _mm512_set1_ps(scan->greatest)));
    total = _mm512_add_epi64(total, _mm512_add_epi64(weights.low, weights.high));
  }
  scan->total = _mm512_reduce_add_epi64(total);
}

int draw(const float* logits, int count, float greatest, float temperature, int64_t least, uint64_t bits) {
  const int64_t total = sum_of(logits, 0, count, greatest, temperature, least);
  // The upper half of a product of 128 bits: uniform in [0, total) to within 2^-64 of it.
  int64_t rest = static_cast<int64_t>(static_cast<unsigned __int128>(bits) * static_cast<uint64_t>(total) >> 64);
  for (int begin = 0; begin < count; begin += kRun) {
    const int end = std::min(count, begin + kRun);
    const int64_t sum = sum_of(logits, begin, end, greatest, temperature, least);
    if (rest >= sum) {
      rest -= sum;
      continue;
    }
    for (int i = begin; i < end; i += kLanes) {
      const Weights weights = weights_at(logits, i, end, greatest, temperature, least);
      alignas(64) int64_t each[kLanes];
      _mm512_store_si512(each, weights.low);
      _mm512_store_si512(each + kLanes / 2, weights.high);
      for (int lane = 0; lane < kLanes; lane++) {
        if (rest < each[lane]) {
          return i + lane;
        }
        rest -= each[lane];
      }
    }
  }
  return count - 1;
}

}  // namespace highbeam
