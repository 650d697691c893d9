// SPDX-License-Identifier: Apache-2.0
//
// What every kernel starts from: integer types, the architecture a kernel is compiled for, dynamic
// shared memory and the type codes of the launch parameters. Compiles under nvcc and, for the host
// twins, under g++ after the emulator's shim (which gives the CUDA names).
#pragma once

#include <stddef.h>
#include <stdint.h>

// KARCH is the architecture times 10 (750, 800, 900...), in a twin that of the emulated device.
#ifdef __CUDACC__
#ifdef __CUDA_ARCH__
#define KARCH __CUDA_ARCH__
#else
#define KARCH 0
#endif
#elif !defined(KARCH)
#define KARCH EMU_ARCH
#endif

// Whether Hopper's own instructions (wgmma, bulk copies) may be used: they exist in sm_90a code only.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL) || (defined(EMU_ARCH) && EMU_ARCH == 900)
#define KARCH_IS_SM90A 1
#else
#define KARCH_IS_SM90A 0
#endif

// Declares a pointer to the launch's dynamic shared memory. 1024 bytes is what a swizzled wgmma
// operand needs.
#ifdef __CUDACC__
#define DYN_SMEM(type, name)                                               \
  extern __shared__ __align__(1024) unsigned char dynamic_shared_memory[]; \
  type* name = reinterpret_cast<type*>(dynamic_shared_memory)
#endif

// CUDA's 64-bit atomics and shuffles want these, not int64_t (which is long on Linux).
using int64 = long long;
using uint64 = unsigned long long;

// Type codes, as launch parameters carry them.
constexpr int kF32 = 0;
constexpr int kBf16 = 1;
constexpr int kF16 = 2;
constexpr int kFp8 = 3;

constexpr int kWarpSize = 32;
constexpr unsigned kFullMask = 0xffffffffu;

// Header words of a step's arena.
constexpr int kTokenCount = 0;
constexpr int kEntryCount = 1;
constexpr int kPromptEntryCount = 2;
constexpr int kLogitRowCount = 3;
constexpr int kPromptTokenCount = 4;
constexpr int kPromptTileCount = 5;
constexpr int kOutputWorkCount = 6;
constexpr int kOutputCombineCount = 7;
constexpr int kAssignmentCount = 8;
constexpr int kAssignmentOffset = 9;

__host__ __device__ constexpr int ceil_div(int a, int b) { return (a + b - 1) / b; }

// Rows that a row-wise kernel has to do: what is left of a count from a start on.
__device__ __forceinline__ int rows_left(const int* count, int count_start) {
  const int rows = *count - count_start;
  return rows > 0 ? rows : 0;
}
