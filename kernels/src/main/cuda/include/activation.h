// SPDX-License-Identifier: Apache-2.0
//
// Activations of gated linears. Every operation names its rounding, so that all kernels, and the
// twins, give the same bits; the CPU backend's scalar code has the same lines.
#pragma once

#include "device.h"

// e^x for x at most 0: Cody and Waite's reduction x = n ln 2 + r with |r| at most ln 2 / 2, then
// the polynomial of expf in Moshier's Cephes library. Relative error below 1.2e-7; 0 below -87,
// where the result would not be a normal number; NaN stays NaN.
__device__ __forceinline__ float exp_of_negative(float x) {
  // Adding it leaves the nearest integer in the low bits of the sum.
  constexpr float kRounder = 0x1.8p23f;
  constexpr int kRounderBits = 0x4b400000;
  if (x < -87.0f) {
    return 0.0f;
  }
  const float shifted = __fmaf_rn(x, 0x1.715476p0f, kRounder);
  const float n = __fsub_rn(shifted, kRounder);
  // ln 2 in two parts; the upper has few bits, so that n times it is exact.
  const float r = __fmaf_rn(n, 0x1.bd0106p-13f, __fmaf_rn(n, -0x1.63p-1f, x));
  float p = __fmaf_rn(1.9875691500e-4f, r, 1.3981999507e-3f);
  p = __fmaf_rn(p, r, 8.3334519073e-3f);
  p = __fmaf_rn(p, r, 4.1665795894e-2f);
  p = __fmaf_rn(p, r, 1.6666665459e-1f);
  p = __fmaf_rn(p, r, 5.0000001201e-1f);
  const float y = __fadd_rn(__fmaf_rn(p, __fmul_rn(r, r), r), 1.0f);
  const int exponent = __float_as_int(shifted) - kRounderBits + 127;
  return __fmul_rn(y, __int_as_float(static_cast<int>(static_cast<uint32_t>(exponent) << 23)));
}

// x / (1 + e^-v), without overflow for any v.
__device__ __forceinline__ float times_sigmoid(float x, float v) {
  const float e = exp_of_negative(-fabsf(v));
  return __fdiv_rn(v >= 0.0f ? x : __fmul_rn(x, e), __fadd_rn(1.0f, e));
}

__device__ __forceinline__ float silu(float x) { return times_sigmoid(x, x); }

// The tanh form of gelu is x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)).
__device__ __forceinline__ float gelu_tanh(float x) {
  const float cubic = __fmaf_rn(__fmul_rn(0.044715f, __fmul_rn(x, x)), x, x);
  return times_sigmoid(x, __fmul_rn(1.5957691216f, cubic));
}
