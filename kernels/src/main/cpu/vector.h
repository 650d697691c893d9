// SPDX-License-Identifier: Apache-2.0
// Sixteen f32 at a time. What is computed here has one order of operations, so that a row's bits never depend on the rows
// beside it; multiplications and additions are fused only where fmadd is written (-ffp-contract=off).
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace highbeam {

constexpr int kLanes = 16;

inline __mmask16 first_lanes(int count) {
  return count >= kLanes ? static_cast<__mmask16>(0xffff) : static_cast<__mmask16>((1u << count) - 1u);
}

inline __m512 from_bf16(__m256i halves) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}

/// To the nearest bf16, ties to even, NaN stays NaN; denormals become 0, as tiles take them anyway.
inline __m256i to_bf16(__m512 x) { return (__m256i)_mm512_cvtneps_pbh(x); }

/// Halves onto each other until one is left.
inline float tree_sum(__m512 x) {
  __m256 y = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
  __m128 z = _mm_add_ps(_mm256_castps256_ps128(y), _mm256_extractf128_ps(y, 1));
  z = _mm_add_ps(z, _mm_movehl_ps(z, z));
  z = _mm_add_ss(z, _mm_movehdup_ps(z));
  return _mm_cvtss_f32(z);
}

/// e^x for x <= 0: Cody and Waite's reduction and the polynomial of Cephes, as PortableMath has it; 0 below -87.
inline __m512 exp_nonpositive(__m512 x) {
  const __m512 rounder = _mm512_set1_ps(0x1.8p23f);
  const __m512 shifted = _mm512_fmadd_ps(x, _mm512_set1_ps(0x1.715476p0f), rounder);
  const __m512 n = _mm512_sub_ps(shifted, rounder);
  __m512 r = _mm512_fmadd_ps(n, _mm512_set1_ps(-0x1.63p-1f), x);
  r = _mm512_fmadd_ps(n, _mm512_set1_ps(0x1.bd0106p-13f), r);
  __m512 p = _mm512_set1_ps(1.9875691500e-4f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.3981999507e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(8.3334519073e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(4.1665795894e-2f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.6666665459e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.0000001201e-1f));
  const __m512 y = _mm512_add_ps(_mm512_fmadd_ps(p, _mm512_mul_ps(r, r), r), _mm512_set1_ps(1.0f));
  const __m512 result = _mm512_scalef_ps(y, n);
  const __mmask16 normal = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87.0f), _CMP_NLT_UQ);
  return _mm512_maskz_mov_ps(normal, result);
}

/// x / (1 + e^-v), without overflow on either side.
inline __m512 times_sigmoid(__m512 x, __m512 v) {
  const __m512 e = exp_nonpositive(_mm512_sub_ps(_mm512_setzero_ps(), _mm512_abs_ps(v)));
  const __mmask16 negative = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_NGE_UQ);
  const __m512 numerator = _mm512_mask_mul_ps(x, negative, x, e);
  // 1 / (1 + e) to the last bit but one: 14 bits, and a step of Newton's.
  const __m512 sum = _mm512_add_ps(e, _mm512_set1_ps(1.0f));
  const __m512 estimate = _mm512_rcp14_ps(sum);
  const __m512 error = _mm512_fnmadd_ps(sum, estimate, _mm512_set1_ps(1.0f));
  return _mm512_mul_ps(numerator, _mm512_fmadd_ps(estimate, error, estimate));
}

inline __m512 silu(__m512 x) { return times_sigmoid(x, x); }

/// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) = x sigmoid(2 sqrt(2 / pi) (...)).
inline __m512 gelu_tanh(__m512 x) {
  const __m512 cubic = _mm512_mul_ps(_mm512_mul_ps(x, x), _mm512_set1_ps(0.044715f));
  return times_sigmoid(x, _mm512_mul_ps(_mm512_fmadd_ps(cubic, x, x), _mm512_set1_ps(1.5957691216f)));
}

/// cap * tanh(x / cap).
inline __m512 soft_cap(__m512 x, float cap) {
  const __m512 one = _mm512_set1_ps(1.0f);
  const __m512 u = _mm512_div_ps(x, _mm512_set1_ps(cap));
  const __m512 e = exp_nonpositive(_mm512_mul_ps(_mm512_abs_ps(u), _mm512_set1_ps(-2.0f)));
  const __m512 magnitude =
      _mm512_mul_ps(_mm512_div_ps(_mm512_sub_ps(one, e), _mm512_add_ps(one, e)), _mm512_set1_ps(cap));
  const __mmask16 negative = _mm512_cmp_ps_mask(u, _mm512_setzero_ps(), _CMP_LT_OQ);
  return _mm512_mask_sub_ps(magnitude, negative, _mm512_setzero_ps(), magnitude);
}

}  // namespace highbeam
