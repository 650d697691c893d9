// SPDX-License-Identifier: Apache-2.0
//
// PTX instructions that only attention uses, each with its host twin.
#pragma once

#include "device.h"

#ifdef __CUDACC__

// 2^x to within 2 ulp; results below 2^-126 are 0, as is 2^-inf.
__device__ __forceinline__ float exp2_approx(float x) {
  float result;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
  return result;
}

// Transposes an 8 x 8 matrix of 16-bit elements that lies across the warp: before, lane l holds
// M[l / 4][l % 4 * 2] (low half) and the element right of it; after, M[l % 4 * 2][l / 4] (low) and
// the element below it.
__device__ __forceinline__ uint32_t transpose8x8(uint32_t pair) {
  uint32_t result;
  asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(result) : "r"(pair));
  return result;
}

#else  // twins

#include <math.h>

static inline float exp2_approx(float x) {
  const float result = exp2f(x);
  return result < 0x1p-126f ? 0.0f : result;
}

static inline void twin_transpose8x8(uint32_t, void** lanes) {
  uint16_t matrix[8][8];
  for (int lane = 0; lane < 32; lane++) {
    const uint32_t pair = *static_cast<uint32_t*>(lanes[lane]);
    matrix[lane / 4][lane % 4 * 2] = static_cast<uint16_t>(pair);
    matrix[lane / 4][lane % 4 * 2 + 1] = static_cast<uint16_t>(pair >> 16);
  }
  for (int lane = 0; lane < 32; lane++) {
    const int row = lane % 4 * 2;
    *static_cast<uint32_t*>(lanes[lane]) =
        matrix[row][lane / 4] | static_cast<uint32_t>(matrix[row + 1][lane / 4]) << 16;
  }
}

static inline uint32_t transpose8x8(uint32_t pair) {
  emu_collective(0xffffffffu, twin_transpose8x8, &pair, "movmatrix");
  return pair;
}

#endif
