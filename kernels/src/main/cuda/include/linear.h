// SPDX-License-Identifier: Apache-2.0
//
// What all linear kernels share: their parameters, the order in which a sum's segments are added,
// and what becomes of a finished sum.
//
//   out[token][row] = epilogue(sum over k of W[row][k] x[token][k] + bias[row])
//
// A kernel cuts the k axis into segments and adds their partial sums in ascending order: either one
// block does all segments, or (split_blocks) each has blocks of its own and the one that arrives
// last adds. Both give the same bits, and so do all token tiles.
//
// Weights are tiles [row tile of 64][k tile of 128 bytes] of 8 KiB; in a tile [64 rows][128 bytes]
// the 16-byte chunk c of row r lies at chunk c ^ (r & 7). Rows are padded to 128, k to whole tiles,
// with zeros; pad columns of x are zero. In each 16 rows of a gated linear the first 8 are gates,
// the last 8 their ups: out has half as many columns as the weights have rows.
#pragma once

#include "activation.h"
#include "vectors.h"

constexpr int kTileRows = 64;
constexpr int kTileRowBytes = 128;
constexpr int kTileBytes = kTileRows * kTileRowBytes;
constexpr int kChunkBytes = 16;
constexpr int kGroupRows = 16;

// k of a tile of 16-bit weights, and of one matrix product.
constexpr int kTileK = 64;
constexpr int kProductK = 16;

// Epilogues.
constexpr int kStore = 0;
constexpr int kAdd = 1;
constexpr int kGatedSilu = 2;
constexpr int kGatedGeluTanh = 3;

// The parameters of every linear kernel. Strides are in elements and multiples of 64. bias is f32
// in packed row order or null. partials and counters are used if split_blocks; counters are zero
// before and after. The number of tokens is *count - count_start, at most what the grid covers.
struct Linear {
  void* out;
  int out_type;
  int64 out_stride;
  const void* x;
  int x_type;
  int64 x_stride;
  const void* weights;
  const float* bias;
  int rows;
  int padded_k;
  int epilogue;
  int segment_length;
  int segment_count;
  int split_blocks;
  float* partials;
  int* counters;
  const int* count;
  int count_start;
};

// One list for all entry points; their order is the launcher's.
#define LINEAR_PARAMETERS                                                                      \
  void *out, int out_type, int64 out_stride, const void *x, int x_type, int64 x_stride,        \
      const void *weight_tiles, const float *bias, int rows, int padded_k, int epilogue,       \
      int segment_length, int segment_count, int split_blocks, float *partials, int *counters, \
      const int *count, int count_start
#define LINEAR_ARGUMENTS                                                                        \
  Linear {                                                                                      \
    out, out_type, out_stride, x, x_type, x_stride, weight_tiles, bias, rows, padded_k,         \
        epilogue, segment_length, segment_count, split_blocks, partials, counters, count,       \
        count_start                                                                             \
  }

// The byte offset of a 16-byte chunk in a tile, or in rows of tokens laid out like one.
__device__ __forceinline__ int swizzled(int row, int chunk) {
  return row * kTileRowBytes + (chunk ^ (row & 7)) * kChunkBytes;
}

// The weight tile at a row tile of 64 and a k tile.
__device__ __forceinline__ const unsigned char* weight_tile(const Linear& linear, int row_tile,
                                                            int k_tiles, int k_tile) {
  const int64 tile = static_cast<int64>(row_tile) * k_tiles + k_tile;
  return static_cast<const unsigned char*>(linear.weights) + tile * kTileBytes;
}

// ---- the end of a sum

// Stores up to eight outputs of a token, from a column on; all of them if the columns reach so far.
__device__ __forceinline__ void store_outputs(const Linear& linear, int token, int column,
                                              int columns, const float (&values)[kVector]) {
  const int64 element = token * linear.out_stride + column;
  if (column + kVector <= columns) {
    store8(linear.out, linear.out_type, element, values);
    return;
  }
#pragma unroll
  for (int i = 0; i < kVector; i++) {
    if (column + i < columns) {
      store1(linear.out, linear.out_type, element + i, values[i]);
    }
  }
}

// out += values for a token's 16 rows; out is f32. All is read before anything is written, so that
// the reads are under way together.
__device__ __forceinline__ void add_outputs(const Linear& linear, int token, int row,
                                            const float (&low)[kVector],
                                            const float (&high)[kVector]) {
  float* out = at<float>(linear.out, token * linear.out_stride + row);
  if (row + kGroupRows <= linear.rows) {
    float sums[2][kVector];
    load8(out, sums[0]);
    load8(out + kVector, sums[1]);
#pragma unroll
    for (int i = 0; i < kVector; i++) {
      sums[0][i] = __fadd_rn(sums[0][i], low[i]);
      sums[1][i] = __fadd_rn(sums[1][i], high[i]);
    }
    store8(out, sums[0]);
    store8(out + kVector, sums[1]);
    return;
  }
#pragma unroll
  for (int i = 0; i < kGroupRows; i++) {
    if (row + i < linear.rows) {
      out[i] = __fadd_rn(out[i], i < kVector ? low[i % kVector] : high[i % kVector]);
    }
  }
}

// In kernels it must be inlined, beside sums in registers. One copy in a twin compiles faster.
#ifdef __CUDACC__
#define FINISH_INLINE __device__ __forceinline__
#else
#define FINISH_INLINE static __attribute__((noinline))
#endif

// Finishes the sums of one token and 16 packed rows that start at a multiple of 16.
FINISH_INLINE void finish_group(const Linear& linear, int token, int row, const float* sums) {
  float low[kVector];
  float high[kVector];
  load8(sums, low);
  load8(sums + kVector, high);
  if (linear.bias != nullptr) {
    float bias[kVector];
    load8(linear.bias + row, bias);
#pragma unroll
    for (int i = 0; i < kVector; i++) {
      low[i] = __fadd_rn(low[i], bias[i]);
    }
    load8(linear.bias + row + kVector, bias);
#pragma unroll
    for (int i = 0; i < kVector; i++) {
      high[i] = __fadd_rn(high[i], bias[i]);
    }
  }
  if (linear.epilogue == kStore) {
    store_outputs(linear, token, row, linear.rows, low);
    store_outputs(linear, token, row + kVector, linear.rows, high);
  } else if (linear.epilogue == kAdd) {
    add_outputs(linear, token, row, low, high);
  } else {
    const bool is_silu = linear.epilogue == kGatedSilu;
#pragma unroll
    for (int i = 0; i < kVector; i++) {
      low[i] = __fmul_rn(is_silu ? silu(low[i]) : gelu_tanh(low[i]), high[i]);
    }
    store_outputs(linear, token, row / 2, linear.rows / 2, low);
  }
}

// ---- adding segments

// total += partial, the partial sums of a later segment.
template <int COUNT>
__device__ __forceinline__ void add_segment(float (&total)[COUNT][4],
                                            const float (&partial)[COUNT][4]) {
#pragma unroll
  for (int i = 0; i < COUNT; i++) {
#pragma unroll
    for (int j = 0; j < 4; j++) {
      total[i][j] = __fadd_rn(total[i][j], partial[i][j]);
    }
  }
}

// Leaves this block's partial sums in the workspace, [tile][segment][COUNT][thread][4] f32. In the
// block that arrives last of a tile's segments, replaces them by the total and returns true.
// `synchronize` is a barrier of the `threads` that take part; `flag` is theirs in shared memory.
template <int COUNT, typename Synchronize>
__device__ __forceinline__ bool add_split_segments(const Linear& linear, float (&sums)[COUNT][4],
                                                   int tile, int segment, int thread, int threads,
                                                   int* flag, Synchronize synchronize) {
  const int64 tile_vectors = static_cast<int64>(COUNT) * threads;
  float4* tile_partials = reinterpret_cast<float4*>(linear.partials) +
                          static_cast<int64>(tile) * linear.segment_count * tile_vectors + thread;
  float4* own = tile_partials + segment * tile_vectors;
#pragma unroll
  for (int i = 0; i < COUNT; i++) {
    own[i * threads] = {sums[i][0], sums[i][1], sums[i][2], sums[i][3]};
  }
  // Barrier, fence, count and the reverse: whoever sees the last count sees all sums (fences are
  // cumulative over what a barrier ordered before them).
  synchronize();
  if (thread == 0) {
    __threadfence();
    const int arrived = atomicAdd(&linear.counters[tile], 1) + 1;
    *flag = arrived == linear.segment_count;
    if (arrived == linear.segment_count) {
      linear.counters[tile] = 0;
    }
    __threadfence();
  }
  synchronize();
  if (*flag == 0) {
    return false;
  }
  for (int s = 0; s < linear.segment_count; s++) {
    const float4* partial = tile_partials + s * tile_vectors;
#pragma unroll
    for (int i = 0; i < COUNT; i++) {
      const float4 p = __ldcg(&partial[i * threads]);
      const float values[4] = {p.x, p.y, p.z, p.w};
#pragma unroll
      for (int j = 0; j < 4; j++) {
        sums[i][j] = s == 0 ? values[j] : __fadd_rn(sums[i][j], values[j]);
      }
    }
  }
  return true;
}
