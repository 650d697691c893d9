// SPDX-License-Identifier: Apache-2.0
//
// Linear layers without tensor cores, for any device, f32, bf16 or f16 weights and any type of x:
// see include/linear.h for the formula and the layout of weights. Each sum is one chain of
// __fmaf_rn over ascending k from zero; there are no segments.
//
// A thread block owns 64 weight rows and 32 tokens. A thread sums 4 rows (16 apart) for 4 tokens (8
// apart), or for one if the block has at most 8 tokens left. Two stages: the weights of the next k
// tile arrive by asynchronous copies, its x is loaded before and stored after the current tile's
// products. Each weight is read once per 32 tokens. Bound: memory for few tokens, else f32
// arithmetic with 12 shared-memory loads to 128 multiply-adds.
#include "include/linear.h"
#include "include/ptx.h"

namespace linear_simt {

constexpr int kThreads = 128;
constexpr int kTokens = 32;
constexpr int kFewTokens = 8;
constexpr int kStages = 2;
constexpr int kRowLanes = 16;
constexpr int kRowsPerThread = kTileRows / kRowLanes;
constexpr int kTokenLanes = kThreads / kRowLanes;
static_assert(kTokenLanes == kFewTokens, "one token a thread in the narrow case");

// Floats of a token's row of x, or of its sums, in shared memory: four more than there are keep the
// rows of neighbouring tokens in different banks.
constexpr int kStagedFloats = kTileRows + 4;

struct Shared {
  __align__(16) unsigned char weights[kStages][kTileBytes];
  __align__(16) float x[kStages][kTokens][kStagedFloats];
};

// Eight consecutive weights of a row, from chunks of a tile.
__device__ __forceinline__ void load_weights(const unsigned char* tile, int row, int vector,
                                             const float*, float (&values)[kVector]) {
  const float4 low = *reinterpret_cast<const float4*>(tile + swizzled(row, 2 * vector));
  const float4 high = *reinterpret_cast<const float4*>(tile + swizzled(row, 2 * vector + 1));
  values[0] = low.x;
  values[1] = low.y;
  values[2] = low.z;
  values[3] = low.w;
  values[4] = high.x;
  values[5] = high.y;
  values[6] = high.z;
  values[7] = high.w;
}

template <typename T>
__device__ __forceinline__ void load_weights(const unsigned char* tile, int row, int vector,
                                             const T*, float (&values)[kVector]) {
  unpack16<T>(*reinterpret_cast<const uint4*>(tile + swizzled(row, vector)), values);
}

// The loop over k for TOKENS tokens per thread. sums[i][j] is row_lane + 16 i, token_lane + 8 j.
template <typename T, int TOKENS>
__device__ __forceinline__ void multiply(const Linear& linear, Shared& shared, int first_token,
                                         int tokens, float (&sums)[kRowsPerThread][TOKENS]) {
  constexpr int kTileColumns = kTileRowBytes / sizeof(T);
  constexpr int kRowVectors = kTileColumns / kVector;
  constexpr int kVectors = TOKENS * kTokenLanes * kRowVectors;
  constexpr int kVectorsPerThread = (kVectors + kThreads - 1) / kThreads;
  const int thread = threadIdx.x;
  const int k_tiles = linear.padded_k / kTileColumns;

  auto fetch_weights = [&](int k_tile) {
    const unsigned char* from = weight_tile(linear, blockIdx.x, k_tiles, k_tile);
    unsigned char* to = shared.weights[k_tile % kStages];
#pragma unroll
    for (int i = thread * kChunkBytes; i < kTileBytes; i += kThreads * kChunkBytes) {
      cp_async16(to + i, from + i);
    }
    cp_async_commit();
  };
  float fetched[kVectorsPerThread][kVector];
  auto fetch_x = [&](int k_tile) {
#pragma unroll
    for (int i = 0; i < kVectorsPerThread; i++) {
      const int vector = thread + i * kThreads;
      const int token = first_token + vector / kRowVectors;
      const int column = k_tile * kTileColumns + vector % kRowVectors * kVector;
      if (vector < kVectors && token < tokens) {
        load8(linear.x, linear.x_type, token * linear.x_stride + column, fetched[i]);
      } else {
#pragma unroll
        for (int j = 0; j < kVector; j++) {
          fetched[i][j] = 0.0f;
        }
      }
    }
  };
  auto stage_x = [&](int k_tile) {
#pragma unroll
    for (int i = 0; i < kVectorsPerThread; i++) {
      const int vector = thread + i * kThreads;
      if (vector < kVectors) {
        store8(&shared.x[k_tile % kStages][vector / kRowVectors][vector % kRowVectors * kVector],
               fetched[i]);
      }
    }
  };

  const int row_lane = thread % kRowLanes;
  const int token_lane = thread / kRowLanes;
#pragma unroll
  for (int i = 0; i < kRowsPerThread; i++) {
#pragma unroll
    for (int j = 0; j < TOKENS; j++) {
      sums[i][j] = 0.0f;
    }
  }
  fetch_weights(0);
  fetch_x(0);
  stage_x(0);
  for (int k_tile = 0; k_tile < k_tiles; k_tile++) {
    cp_async_wait<0>();
    __syncthreads();
    const bool has_next = k_tile + 1 < k_tiles;
    if (has_next) {
      fetch_weights(k_tile + 1);
      fetch_x(k_tile + 1);
    }
    const unsigned char* tile = shared.weights[k_tile % kStages];
#pragma unroll
    for (int vector = 0; vector < kRowVectors; vector++) {
      float weights[kRowsPerThread][kVector];
#pragma unroll
      for (int i = 0; i < kRowsPerThread; i++) {
        load_weights(tile, row_lane + i * kRowLanes, vector, static_cast<const T*>(nullptr),
                     weights[i]);
      }
#pragma unroll
      for (int j = 0; j < TOKENS; j++) {
        float x[kVector];
        load8(&shared.x[k_tile % kStages][token_lane + j * kTokenLanes][vector * kVector], x);
#pragma unroll
        for (int i = 0; i < kRowsPerThread; i++) {
#pragma unroll
          for (int k = 0; k < kVector; k++) {
            sums[i][j] = __fmaf_rn(weights[i][k], x[k], sums[i][j]);
          }
        }
      }
    }
    if (has_next) {
      stage_x(k_tile + 1);
    }
  }
}

template <typename T, int TOKENS>
__device__ __forceinline__ void run(const Linear& linear, Shared& shared, int first_token,
                                    int tokens) {
  float sums[kRowsPerThread][TOKENS];
  multiply<T>(linear, shared, first_token, tokens, sums);

  // Through shared memory, so that a thread gets the rows of a group and stores them together.
  constexpr int kGroups = kTileRows / kGroupRows;
  float(*staged)[kStagedFloats] = shared.x[0];
  const int row_lane = threadIdx.x % kRowLanes;
  const int token_lane = threadIdx.x / kRowLanes;
  __syncthreads();
#pragma unroll
  for (int i = 0; i < kRowsPerThread; i++) {
#pragma unroll
    for (int j = 0; j < TOKENS; j++) {
      staged[token_lane + j * kTokenLanes][row_lane + i * kRowLanes] = sums[i][j];
    }
  }
  __syncthreads();
  const int token = threadIdx.x / kGroups;
  const int group = threadIdx.x % kGroups;
  if (token < TOKENS * kTokenLanes && first_token + token < tokens) {
    finish_group(linear, first_token + token, blockIdx.x * kTileRows + group * kGroupRows,
                 &staged[token][group * kGroupRows]);
  }
}

template <typename T>
__device__ __forceinline__ void start(const Linear& linear) {
  __shared__ Shared shared;
  const int tokens = rows_left(linear.count, linear.count_start);
  const int first_token = blockIdx.y * kTokens;
  if (first_token >= tokens) {
    return;
  }
  if (tokens - first_token <= kFewTokens) {
    run<T, 1>(linear, shared, first_token, tokens);
  } else {
    run<T, kTokens / kTokenLanes>(linear, shared, first_token, tokens);
  }
}

}  // namespace linear_simt

extern "C" __global__ void __launch_bounds__(128, 4) linear_simt_f32(LINEAR_PARAMETERS) {
  linear_simt::start<float>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(128, 4) linear_simt_bf16(LINEAR_PARAMETERS) {
  linear_simt::start<bf16>(LINEAR_ARGUMENTS);
}

extern "C" __global__ void __launch_bounds__(128, 4) linear_simt_f16(LINEAR_PARAMETERS) {
  linear_simt::start<f16>(LINEAR_ARGUMENTS);
}
