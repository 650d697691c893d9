// SPDX-License-Identifier: Apache-2.0
//
// Reductions over all threads of a thread block with a fixed order: butterfly within each warp, then
// a butterfly over the warps' results. The block must be whole warps; all threads must call.
#pragma once

#include "warp.h"

// Shared memory of a reduction; one object may serve several reductions of one kernel.
template <typename T>
struct BlockScratch {
  T warps[kWarpSize];
};

template <typename T, typename Combine>
__device__ __forceinline__ T block_reduce(T value, Combine combine, T identity,
                                          BlockScratch<T>& scratch) {
  const int lane = threadIdx.x % kWarpSize;
  const int warp = threadIdx.x / kWarpSize;
  const int warps = blockDim.x / kWarpSize;
  const T own = warp_reduce(value, combine);
  // An earlier reduction's results may still be being read.
  __syncthreads();
  if (lane == 0) {
    scratch.warps[warp] = own;
  }
  __syncthreads();
  return warp_reduce(lane < warps ? scratch.warps[lane] : identity, combine);
}

template <typename T>
__device__ __forceinline__ T block_sum(T value, BlockScratch<T>& scratch) {
  return block_reduce(value, Sum(), T(0), scratch);
}

// What the threads up to this one add up to, for integers (where the order does not show).
template <typename T>
__device__ __forceinline__ T block_inclusive_sum(T value, BlockScratch<T>& scratch) {
  const int lane = threadIdx.x % kWarpSize;
  const int warp = threadIdx.x / kWarpSize;
  const T own = warp_inclusive_sum(value);
  __syncthreads();
  if (lane == kWarpSize - 1) {
    scratch.warps[warp] = own;
  }
  __syncthreads();
  const T before = warp_reduce(lane < warp ? scratch.warps[lane] : T(0), Sum());
  return before + own;
}
