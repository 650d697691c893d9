// SPDX-License-Identifier: Apache-2.0
//
// e^x for x <= 0 in operations that every device rounds alike, and the integer weights made of it:
// the same bits as dev.highbeam.runtime.sampling.PortableExp, whose comments explain the constants
// (Cody and Waite's reduction; Moshier's coefficients from Cephes).
#pragma once

#include "device.h"

// The weight of a token as likely as the likeliest one is 2^40.
constexpr int kWeightBits = 40;

// floor(e^x * 2^40) for x <= 0, minus infinity included.
__device__ __forceinline__ uint64 exp_weight(float x) {
  constexpr float kRounder = 0x1.8p23f;
  if (x < -28.0f) {
    return 0;
  }
  const float shifted = __fmaf_rn(x, 0x1.715476p0f, kRounder);
  const float n = __fsub_rn(shifted, kRounder);
  float r = __fmaf_rn(n, -0x1.63p-1f, x);
  r = __fmaf_rn(n, 0x1.bd0106p-13f, r);
  float p = 1.9875691500e-4f;
  p = __fmaf_rn(p, r, 1.3981999507e-3f);
  p = __fmaf_rn(p, r, 8.3334519073e-3f);
  p = __fmaf_rn(p, r, 4.1665795894e-2f);
  p = __fmaf_rn(p, r, 1.6666665459e-1f);
  p = __fmaf_rn(p, r, 5.0000001201e-1f);
  const float y = __fadd_rn(__fmaf_rn(p, __fmul_rn(r, r), r), 1.0f);
  const int exponent = __float_as_int(shifted) - __float_as_int(kRounder);
  // One exact product: the power of two of e^x and the weight's 2^40 together.
  const float scale = __int_as_float((exponent + 127 + kWeightBits) << 23);
  return static_cast<uint64>(static_cast<int64>(__fmul_rn(y, scale)));
}
