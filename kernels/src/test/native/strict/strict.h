// SPDX-License-Identifier: Apache-2.0
// The little device language that the test kernels need, for nvcc and for twins.
#pragma once

#include <stdint.h>

#ifdef __CUDACC__

#define DYN_SMEM(type, name)                                             \
  extern __shared__ __align__(16) unsigned char strict_dynamic_memory[]; \
  type* name = reinterpret_cast<type*>(strict_dynamic_memory)
#ifdef __CUDA_ARCH__
#define KARCH __CUDA_ARCH__
#else
#define KARCH 0
#endif

__device__ __forceinline__ void copy_async_16(void* shared, const void* global) {
#if KARCH >= 800
  asm volatile(
      "cp.async.cg.shared.global [%0],[%1],16;" ::"r"((unsigned)__cvta_generic_to_shared(shared)),
      "l"(global)
      : "memory");
#endif
}
__device__ __forceinline__ void copy_async_commit() {
#if KARCH >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}
template <int N>
__device__ __forceinline__ void copy_async_wait() {
#if KARCH >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
#endif
}

// A flag that a deferred copy raises; on a device it stands for an mbarrier.
__device__ __forceinline__ void deferred_copy(int* target, const int* source, int* flag) {
  *target = *source;
  *flag = 1;
}
__device__ __forceinline__ void wait_for_flag(int* flag) {
  while (*reinterpret_cast<volatile int*>(flag) == 0) {
  }
}
__device__ __forceinline__ void group_meet() { asm volatile("bar.sync 1, 128;" ::: "memory"); }

#else  // ---- twin

inline void copy_async_16(void* shared, const void* global) { emu_cp_async(shared, global, 16); }
inline void copy_async_commit() { emu_cp_commit(); }
template <int N>
inline void copy_async_wait() {
  emu_cp_wait(N);
}

struct DeferredCopy {
  int* target;
  const int* source;
  int* flag;
};
inline void perform_deferred(void* argument) {
  auto* copy = static_cast<DeferredCopy*>(argument);
  *copy->target = *copy->source;
  *copy->flag = 1;
}
inline void deferred_copy(int* target, const int* source, int* flag) {
  DeferredCopy copy{target, source, flag};
  emu_defer(perform_deferred, &copy, sizeof copy, flag);
}
inline int flag_is_up(void* flag) {
  emu_run_deferred(flag);
  return *static_cast<int*>(flag);
}
inline void wait_for_flag(int* flag) { emu_wait_until(flag_is_up, flag, "a flag"); }
inline void group_meet() {
  emu_group_collective(128, [](void**) {}, nullptr, "group_meet");
}

#endif
