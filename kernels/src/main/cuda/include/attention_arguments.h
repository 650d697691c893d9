// SPDX-License-Identifier: Apache-2.0
//
// What all attention kernels are launched with, and what follows from it for one token: which keys
// it sees and how a dot product becomes an exponent.
//
// The class of a token (PROMPT or OUTPUT) is fixed by its position; each class has its own kernels
// and its own order of sums. A row's bits depend on its position and its sequence's keys and values
// alone: tiles and splits are counted from position 0, sums go through them in ascending order, and
// a key that is not seen enters as weight 0 times value 0, never as what its memory holds.
#pragma once

#include "paged_kv.h"
#include "softmax_state.h"

// Turns a dot product into an exponent of 2: times scale * keyScale, through the cap if there is
// one, times log2(e).
struct ExponentOf {
  float inner;
  float outer;
  bool capped;

  __device__ __forceinline__ ExponentOf(float scale, float soft_cap)
      : inner(soft_cap == 0.0f ? 1.0f : __fdiv_rn(scale, soft_cap)),
        outer(__fmul_rn(soft_cap == 0.0f ? scale : soft_cap, kLog2e)),
        capped(soft_cap != 0.0f) {}

  __device__ __forceinline__ float operator()(float dot) const {
    return __fmul_rn(capped ? tanhf(__fmul_rn(dot, inner)) : dot, outer);
  }

  // The same in two steps, for operands that were rounded to 16 bits: the cap, if there is one,
  // with tanh to within 2e-7 as 1 - 2 / (1 + e^2x), which takes few instructions.
  template <int N>
  __device__ __forceinline__ void cap(float (&dots)[N]) const {
#pragma unroll
    for (int i = 0; i < N; i++) {
      const float power = exp2_approx(__fmul_rn(dots[i], 2.0f * inner * kLog2e));
      dots[i] = __fsub_rn(1.0f, __fdividef(2.0f, __fadd_rn(1.0f, power)));
    }
  }
  __device__ __forceinline__ float scaled(float dot) const { return __fmul_rn(dot, outer); }
};

struct AttentionArguments {
  void* out;
  int out_type;
  int64 out_stride;
  const void* query;
  int query_type;
  int64 query_stride;
  KvCache cache;
  int query_heads;
  int head_dim;
  ExponentOf exponent_of;
  float value_scale;
  int window;
  const float* sinks;
  const int* header;
  const int* positions;

  // Query heads that share one kv head.
  __device__ __forceinline__ int group() const { return query_heads / cache.kv_heads; }

  // The first position that a token sees; the last is its own.
  __device__ __forceinline__ int first_visible(int position) const {
    const int first = position - window + 1;
    return window == 0 || first < 0 ? 0 : first;
  }

  __device__ __forceinline__ float sink(int query_head) const {
    return sinks == nullptr ? -INFINITY : sinks[query_head];
  }
};

// The parameters are the same for some forty entry points: one list for all of them.
#define ATTENTION_PARAMETERS                                                              \
  void *out, int out_type, int64 out_stride, const void *query, int query_type,           \
      int64 query_stride, const void *keys, const void *values, int64 page_stride,        \
      int64 head_stride, int64 token_stride, int page_size_log2, float key_scale,         \
      float value_scale, int query_heads, int kv_heads, int head_dim, float scale,        \
      int window, float soft_cap, const float *sinks, const int *header,                  \
      const int *positions, const int *page_indptr, const int *page_indices

#define ATTENTION_ARGUMENTS                                                                \
  AttentionArguments {                                                                     \
    out, out_type, out_stride, query, query_type, query_stride,                            \
        KvCache{keys,     values,         page_stride, head_stride, token_stride,          \
                kv_heads, page_size_log2, page_indptr, page_indices},                      \
        query_heads, head_dim, ExponentOf(scale * key_scale, soft_cap), value_scale,       \
        window, sinks, header, positions                                                   \
  }
