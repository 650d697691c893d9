// SPDX-License-Identifier: Apache-2.0
//
// A softmax-weighted sum taken piece by piece (Milakov and Gimelshein, 2018): per query head the
// greatest exponent so far, the sum of 2^(exponent - greatest), and the same sum of value vectors.
// Exponents are scores times log2(e), so that a weight is one ex2 instruction.
//
// Pieces are merged in ascending order of positions. Attention that does all splits of a row itself
// and attention_combine must give the same bits, so the arithmetic is here, once, and spelled in
// _rn intrinsics: written with operators it would be contracted differently in different kernels.
#pragma once

#include "device.h"
#include "ptx_softmax.h"

#ifndef __CUDACC__
#include <math.h>
#endif

constexpr float kLog2e = 1.44269504088896340736f;

// Tokens of a split of the OUTPUT class; splits are counted from position 0.
constexpr int kSplitTokens = 512;

// 2^(from - to) for a maximum `from` that was replaced by `to` >= from. Nothing seen yet (-inf)
// weighs nothing, also against another piece with nothing in it.
__device__ __forceinline__ float rescale_factor(float from, float to) {
  return from == -INFINITY ? 0.0f : exp2_approx(__fsub_rn(from, to));
}

// The weight of one exponent under a maximum; 0 where all exponents so far are masked.
__device__ __forceinline__ float softmax_weight(float exponent, float maximum) {
  return exp2_approx(__fsub_rn(exponent, maximum == -INFINITY ? 0.0f : maximum));
}

// How two pieces become one: what to multiply each one's sums with.
struct MergeFactors {
  float maximum;
  float earlier;
  float later;
};

__device__ __forceinline__ MergeFactors merge_factors(float earlier_maximum, float later_maximum) {
  const float maximum = fmaxf(earlier_maximum, later_maximum);
  return {maximum, rescale_factor(earlier_maximum, maximum),
          rescale_factor(later_maximum, maximum)};
}

__device__ __forceinline__ float merge(float earlier, float later, MergeFactors factors) {
  return __fmaf_rn(later, factors.later, __fmul_rn(earlier, factors.earlier));
}

// What to multiply the value sums with in the end. A sink is one more score, without a value; none
// is -inf. A row that saw no key gets 0.
__device__ __forceinline__ float finish_factor(float maximum, float total, float sink) {
  const MergeFactors factors = merge_factors(maximum, __fmul_rn(sink, kLog2e));
  const float all = merge(total, 1.0f, factors);
  return all == 0.0f ? 0.0f : __fdiv_rn(factors.earlier, all);
}

// The finished element. Adding zero turns -0 into 0, which else could depend on whether a tile in
// which a row sees nothing was done for the sake of its neighbours.
__device__ __forceinline__ float finish(float sum, float factor) {
  return __fadd_rn(__fmul_rn(sum, factor), 0.0f);
}
