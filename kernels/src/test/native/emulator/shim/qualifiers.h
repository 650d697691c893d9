// SPDX-License-Identifier: Apache-2.0
// Qualifiers and built-in variables. The CUDA headers define some of them for the host; here they
// get the meaning they have on the device.
#pragma once

#undef __global__
#undef __device__
#undef __host__
#undef __shared__
#undef __align__
#undef __constant__
#undef __forceinline__
#undef __noinline__
#undef __launch_bounds__
#undef __grid_constant__

#define __global__ EMU_GLOBAL
#ifndef EMU_LIST_KERNELS  // the list of kernels is made from preprocessed source
#define EMU_GLOBAL
#endif
#define __device__
#define __host__
#define __align__(n) __attribute__((aligned(n)))
// One block at a time runs on an operating system thread, so what a thread of the host owns is what
// a block shares. The engine poisons this storage before each block.
#define __shared__ static thread_local __attribute__((aligned(16)))
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __grid_constant__

#define KARCH EMU_ARCH
#define DYN_SMEM(type, name) type* name = reinterpret_cast<type*>(emu_cur->blk->dyn)

#define threadIdx (emu_cur->tid)
#define blockIdx (emu_cur->blk->bid)
#define blockDim (emu_cur->blk->bdim)
#define gridDim (emu_cur->blk->gdim)
#define warpSize 32

// A call of a warp-wide function names the calling lane's own value: T is deduced from it alone.
template <class T>
struct EmuIdentity {
  using Type = T;
};
template <class T>
using EmuSame = typename EmuIdentity<T>::Type;
