// SPDX-License-Identifier: Apache-2.0
//
// Reductions over the lanes of a warp, or over aligned groups of WIDTH of them (2, 4, 8, 16, 32).
// The order is a butterfly from the farthest lane to the nearest; every lane gets the result, and
// as each step adds the same two values in every lane (addition and maximum commute), the same
// bits. All 32 lanes must call. In a twin one rendezvous instead of five, in the same order.
#pragma once

#include "device.h"

#ifndef __CUDACC__
#include <math.h>
#endif

struct Sum {
  template <typename T>
  __device__ __forceinline__ T operator()(T a, T b) const {
    return a + b;
  }
};

struct Max {
  template <typename T>
  __device__ __forceinline__ T operator()(T a, T b) const {
    return a > b ? a : b;
  }
  // Ignores NaN on either side, so that it commutes and all lanes agree.
  __device__ __forceinline__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

struct Min {
  template <typename T>
  __device__ __forceinline__ T operator()(T a, T b) const {
    return a < b ? a : b;
  }
  __device__ __forceinline__ float operator()(float a, float b) const { return fminf(a, b); }
};

struct Or {
  template <typename T>
  __device__ __forceinline__ T operator()(T a, T b) const {
    return a | b;
  }
};

#ifdef __CUDACC__

template <int WIDTH = kWarpSize, typename T, typename Combine>
__device__ __forceinline__ T warp_reduce(T value, Combine combine) {
#pragma unroll
  for (int offset = WIDTH / 2; offset > 0; offset /= 2) {
    value = combine(value, __shfl_xor_sync(kFullMask, value, offset));
  }
  return value;
}

// What the lanes up to this one add up to, for integers (where the order does not show).
template <typename T>
__device__ __forceinline__ T warp_inclusive_sum(T value) {
  const int lane = threadIdx.x % kWarpSize;
#pragma unroll
  for (int offset = 1; offset < kWarpSize; offset *= 2) {
    const T other = __shfl_up_sync(kFullMask, value, offset);
    value = lane >= offset ? value + other : value;
  }
  return value;
}

#else

template <int WIDTH, typename T, typename Combine>
void twin_warp_reduce(uint32_t, void** lanes) {
  T now[kWarpSize];
  for (int i = 0; i < kWarpSize; i++) now[i] = *static_cast<T*>(lanes[i]);
  for (int offset = WIDTH / 2; offset > 0; offset /= 2) {
    T next[kWarpSize];
    for (int i = 0; i < kWarpSize; i++) next[i] = Combine()(now[i], now[i ^ offset]);
    for (int i = 0; i < kWarpSize; i++) now[i] = next[i];
  }
  for (int i = 0; i < kWarpSize; i++) *static_cast<T*>(lanes[i]) = now[i];
}

template <int WIDTH = kWarpSize, typename T, typename Combine>
inline T warp_reduce(T value, Combine) {
  emu_collective(kFullMask, twin_warp_reduce<WIDTH, T, Combine>, &value, "warp_reduce");
  return value;
}

template <typename T>
void twin_warp_inclusive_sum(uint32_t, void** lanes) {
  T sum = 0;
  for (int i = 0; i < kWarpSize; i++) {
    sum += *static_cast<T*>(lanes[i]);
    *static_cast<T*>(lanes[i]) = sum;
  }
}

template <typename T>
inline T warp_inclusive_sum(T value) {
  emu_collective(kFullMask, twin_warp_inclusive_sum<T>, &value, "warp_inclusive_sum");
  return value;
}

#endif

template <int WIDTH = kWarpSize, typename T>
__device__ __forceinline__ T warp_sum(T value) {
  return warp_reduce<WIDTH>(value, Sum());
}

template <int WIDTH = kWarpSize, typename T>
__device__ __forceinline__ T warp_max(T value) {
  return warp_reduce<WIDTH>(value, Max());
}
