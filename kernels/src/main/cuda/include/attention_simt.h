// SPDX-License-Identifier: Apache-2.0
//
// Attention of up to ROWS query rows over one tile of 32 keys, by one warp without matrix
// instructions: works on every architecture and for every head size up to 256.
//
// Dot products: each lane owns a key and reads it in chunks of 8 elements, the rows' queries come
// from shared memory (f32). Weighted sums: each lane owns the elements lane, lane + 32... of all
// rows and reads the values of one key after the other. One __fmaf_rn chain per dot product and per
// sum, in ascending order.
#pragma once

#include "attention_arguments.h"
#include "types.h"
#include "vectors.h"
#include "warp.h"

namespace attention_simt {

constexpr int kTileKeys = kWarpSize;
constexpr int kMaxHeadDim = 256;
constexpr int kLaneElements = kMaxHeadDim / kWarpSize;

// Shared memory of one warp.
template <int ROWS>
struct Scratch {
  int64 offsets[kTileKeys];
  float weights[ROWS][kTileKeys];
};

// Sums of one warp's rows: the same maxima and totals in all lanes, value sums by lane.
template <int ROWS>
struct State {
  float maxima[ROWS];
  float totals[ROWS];
  float sums[ROWS][kLaneElements];

  __device__ __forceinline__ void clear() {
#pragma unroll
    for (int row = 0; row < ROWS; row++) {
      maxima[row] = -INFINITY;
      totals[row] = 0.0f;
#pragma unroll
      for (int i = 0; i < kLaneElements; i++) {
        sums[row][i] = 0.0f;
      }
    }
  }
};

// The rows of a warp: queries [rowCount][headDim] in shared memory, and the keys that each sees.
template <int ROWS>
struct Rows {
  const float* queries;
  int count;
  int kv_head;
  const int* pages;
  int first_visible[ROWS];
  int last_visible[ROWS];

  __device__ __forceinline__ bool sees(int row, int key) const {
    return row < count && first_visible[row] <= key && key <= last_visible[row];
  }
};

template <typename KV, int ROWS>
__device__ __forceinline__ void dot_products(const AttentionArguments& arguments,
                                             const Rows<ROWS>& rows, int64 offset,
                                             float (&dots)[ROWS]) {
  const KV* key = at<KV>(arguments.cache.keys, offset);
  for (int d = 0; d < arguments.head_dim; d += kVector) {
    float elements[kVector];
    load8(key + d, elements);
#pragma unroll
    for (int row = 0; row < ROWS; row++) {
      if (row < rows.count) {
#pragma unroll
        for (int i = 0; i < kVector; i++) {
          dots[row] =
              __fmaf_rn(rows.queries[row * arguments.head_dim + d + i], elements[i], dots[row]);
        }
      }
    }
  }
}

// Adds the tile's keys to the state. The tile starts at a multiple of 32; rows may see any part of
// it, also none.
template <typename KV, int ROWS>
__device__ __forceinline__ void add_tile(const AttentionArguments& arguments,
                                         const Rows<ROWS>& rows, int first_key,
                                         Scratch<ROWS>& scratch, State<ROWS>& state) {
  const int lane = threadIdx.x % kWarpSize;
  const int key = first_key + lane;
  bool seen = false;
#pragma unroll
  for (int row = 0; row < ROWS; row++) {
    seen = seen || rows.sees(row, key);
  }
  float dots[ROWS] = {};
  // A key that no row sees is never read: its page may hold anything, or not exist.
  int64 offset = -1;
  if (seen) {
    const int page = rows.pages[key >> arguments.cache.page_size_log2];
    offset = arguments.cache.offset(page, key, rows.kv_head);
    dot_products<KV>(arguments, rows, offset, dots);
  }
  // The values that the scratch led to in the tile before are all read.
  __syncwarp();
  scratch.offsets[lane] = offset;
#pragma unroll
  for (int row = 0; row < ROWS; row++) {
    if (row < rows.count) {
      const float exponent =
          rows.sees(row, key) ? arguments.exponent_of(dots[row]) : -INFINITY;
      const float maximum = fmaxf(state.maxima[row], warp_max(exponent));
      const float weight = softmax_weight(exponent, maximum);
      const float factor = rescale_factor(state.maxima[row], maximum);
      state.maxima[row] = maximum;
      state.totals[row] = __fmaf_rn(state.totals[row], factor, warp_sum(weight));
#pragma unroll
      for (int i = 0; i < kLaneElements; i++) {
        state.sums[row][i] = __fmul_rn(state.sums[row][i], factor);
      }
      scratch.weights[row][lane] = weight;
    }
  }
  __syncwarp();
#pragma unroll 1
  for (int k = 0; k < kTileKeys; k++) {
    if (scratch.offsets[k] < 0) {
      continue;
    }
    const KV* value = at<KV>(arguments.cache.values, scratch.offsets[k]);
#pragma unroll
    for (int i = 0; i < kLaneElements; i++) {
      const int d = lane + i * kWarpSize;
      if (d < arguments.head_dim) {
        const float element = to_float(value[d]);
#pragma unroll
        for (int row = 0; row < ROWS; row++) {
          if (row < rows.count) {
            state.sums[row][i] =
                __fmaf_rn(scratch.weights[row][k], element, state.sums[row][i]);
          }
        }
      }
    }
  }
}

}  // namespace attention_simt
