// SPDX-License-Identifier: Apache-2.0
//
// Warp matrix products, shared-memory matrix loads and 16-byte asynchronous copies. Each PTX
// instruction is one device function with its host twin beside it; kernels contain no asm.
//
// Fragments of mma.m16n8k16 and ldmatrix as in the PTX ISA, sections "Matrix Fragments for
// mma.m16n8k16" and "ldmatrix". With group = lane / 4 and pair = lane % 4 * 2 a lane holds
//   a[0..3]  A[group + 8 * (i & 1)][pair + 8 * (i >> 1), + 1]   two 16-bit values, low one first
//   b[0..1]  B[pair + 8 * i, + 1][group]
//   d[0..3]  D[group + 8 * (i >> 1)][pair + (i & 1)]
#pragma once

#include "device.h"

#ifndef __CUDACC__
#include <string.h>
#endif

// Operand types of matrix products: the house's own names and CUDA's.
struct bf16;
struct f16;
struct __nv_bfloat16;
struct __half;

template <typename T>
struct IsBf16;
template <>
struct IsBf16<bf16> {
  static constexpr bool kValue = true;
};
template <>
struct IsBf16<__nv_bfloat16> {
  static constexpr bool kValue = true;
};
template <>
struct IsBf16<f16> {
  static constexpr bool kValue = false;
};
template <>
struct IsBf16<__half> {
  static constexpr bool kValue = false;
};

#ifdef __CUDACC__

// The address that instructions on shared memory want.
__device__ __forceinline__ uint32_t shared_address(const void* pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

__device__ __forceinline__ void mma_m16n8k16_bf16(float (&d)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2]) {
#if KARCH >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
      "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  __trap();
#endif
}

__device__ __forceinline__ void mma_m16n8k8_f16(float (&d)[4], uint32_t a0, uint32_t a1,
                                                uint32_t b0) {
#if KARCH >= 750
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 "
      "{%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a0), "r"(a1), "r"(b0));
#else
  __trap();
#endif
}

// On sm_75, which lacks the instruction, two products over 8 k each, the lower k first.
__device__ __forceinline__ void mma_m16n8k16_f16(float (&d)[4], const uint32_t (&a)[4],
                                                 const uint32_t (&b)[2]) {
#if KARCH >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
      "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  mma_m16n8k8_f16(d, a[0], a[1], b[0]);
  mma_m16n8k8_f16(d, a[2], a[3], b[1]);
#endif
}

__device__ __forceinline__ void ldmatrix_x4(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}

__device__ __forceinline__ void ldmatrix_x4_trans(uint32_t (&r)[4], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}

__device__ __forceinline__ void ldmatrix_x2(uint32_t (&r)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(shared_address(row))
               : "memory");
}

__device__ __forceinline__ void ldmatrix_x2_trans(uint32_t (&r)[2], const void* row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(shared_address(row))
               : "memory");
}

// Copies 16 bytes from global to shared memory, both aligned to 16. Asynchronous from sm_80 on:
// there once cp_async_wait has let the thread's group pass and a barrier the other threads.
__device__ __forceinline__ void cp_async16(void* to, const void* from) {
#if KARCH >= 800
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;"
               :
               : "r"(shared_address(to)), "l"(from)
               : "memory");
#else
  *static_cast<int4*>(to) = *static_cast<const int4*>(from);
#endif
}

// The same, or 16 zero bytes where the source is not valid: it is not read then, whatever it is.
__device__ __forceinline__ void cp_async16_zfill(void* to, const void* from, bool valid) {
#if KARCH >= 800
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
               :
               : "r"(shared_address(to)), "l"(from), "r"(valid ? 16 : 0)
               : "memory");
#else
  *static_cast<int4*>(to) = valid ? *static_cast<const int4*>(from) : make_int4(0, 0, 0, 0);
#endif
}

// Closes the group of the copies that this thread has started since the last one.
__device__ __forceinline__ void cp_async_commit() {
#if KARCH >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until at most PENDING of this thread's latest groups are under way.
template <int PENDING>
__device__ __forceinline__ void cp_async_wait() {
#if KARCH >= 800
  asm volatile("cp.async.wait_group %0;" : : "n"(PENDING) : "memory");
#endif
}

#else  // twins

static inline float twin_bf16(uint32_t packed, int high) {
  const uint32_t bits = high ? packed & 0xffff0000u : packed << 16;
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

// Exact, subnormals included: read as an f32 the value is 2^-112 of what it means.
static inline float twin_f16(uint32_t packed, int high) {
  const uint32_t half = high ? packed >> 16 : packed & 0xffffu;
  const uint32_t magnitude = half & 0x7fffu;
  uint32_t bits = magnitude << 13;
  float value;
  memcpy(&value, &bits, sizeof(value));
  value *= 0x1p112f;
  if (magnitude >= 0x7c00u) {
    bits = 0x7f800000u | (magnitude & 0x3ffu) << 13;
    memcpy(&value, &bits, sizeof(value));
  }
  return half & 0x8000u ? -value : value;
}

template <bool BF16>
static inline float twin_half_of(uint32_t packed, int high) {
  return BF16 ? twin_bf16(packed, high) : twin_f16(packed, high);
}

struct TwinMma {
  float* d;
  const uint32_t* a;
  const uint32_t* b;
};

// The sum over k of one element of D: in f32, ascending k. (The hardware adds the products of one
// instruction in another way, which NVIDIA does not publish: equal to within rounding.)
template <bool BF16, int K>
static void twin_mma(uint32_t, void** lanes) {
  float a[16][K];
  float b[K][8];
  for (int lane = 0; lane < 32; lane++) {
    const TwinMma& mma = *static_cast<TwinMma*>(lanes[lane]);
    const int group = lane / 4;
    const int pair = lane % 4 * 2;
    for (int half = 0; half < 2; half++) {
      for (int i = 0; i < K / 4; i++) {
        a[group + 8 * (i & 1)][pair + half + 8 * (i >> 1)] = twin_half_of<BF16>(mma.a[i], half);
      }
      for (int i = 0; i < K / 8; i++) {
        b[pair + half + 8 * i][group] = twin_half_of<BF16>(mma.b[i], half);
      }
    }
  }
  for (int lane = 0; lane < 32; lane++) {
    const TwinMma& mma = *static_cast<TwinMma*>(lanes[lane]);
    for (int i = 0; i < 4; i++) {
      const int row = lane / 4 + 8 * (i >> 1);
      const int column = lane % 4 * 2 + (i & 1);
      float sum = mma.d[i];
      for (int k = 0; k < K; k++) {
        sum += a[row][k] * b[k][column];
      }
      mma.d[i] = sum;
    }
  }
}

static inline void mma_m16n8k16_bf16(float (&d)[4], const uint32_t (&a)[4],
                                     const uint32_t (&b)[2]) {
  if (EMU_ARCH < 800) emu_trap("mma.m16n8k16 on bf16 needs sm_80");
  TwinMma mma{d, a, b};
  emu_collective(0xffffffffu, twin_mma<true, 16>, &mma, "mma.m16n8k16.bf16");
}

static inline void mma_m16n8k16_f16(float (&d)[4], const uint32_t (&a)[4],
                                    const uint32_t (&b)[2]) {
  if (EMU_ARCH >= 800) {
    TwinMma mma{d, a, b};
    emu_collective(0xffffffffu, twin_mma<false, 16>, &mma, "mma.m16n8k16.f16");
    return;
  }
  TwinMma low{d, a, b};
  emu_collective(0xffffffffu, twin_mma<false, 8>, &low, "mma.m16n8k8.f16");
  TwinMma high{d, a + 2, b + 1};
  emu_collective(0xffffffffu, twin_mma<false, 8>, &high, "mma.m16n8k8.f16");
}

struct TwinLdmatrix {
  uint32_t* r;
  const void* row;
};

// Row i of matrix m is where lane 8 * m + i points to.
template <int MATRICES, bool TRANS>
static void twin_ldmatrix(uint32_t, void** lanes) {
  for (int lane = 0; lane < 32; lane++) {
    for (int matrix = 0; matrix < MATRICES; matrix++) {
      uint32_t packed = 0;
      for (int half = 0; half < 2; half++) {
        const int across = lane % 4 * 2 + half;
        const int row = TRANS ? across : lane / 4;
        const int column = TRANS ? lane / 4 : across;
        const void* from = static_cast<TwinLdmatrix*>(lanes[8 * matrix + row])->row;
        if (reinterpret_cast<uintptr_t>(from) % 16 != 0) {
          emu_trap("ldmatrix: a row is not aligned to 16 bytes");
        }
        packed |= static_cast<uint32_t>(static_cast<const uint16_t*>(from)[column]) << (16 * half);
      }
      static_cast<TwinLdmatrix*>(lanes[lane])->r[matrix] = packed;
    }
  }
}

static inline void ldmatrix_x4(uint32_t (&r)[4], const void* row) {
  TwinLdmatrix load{r, row};
  emu_collective(0xffffffffu, twin_ldmatrix<4, false>, &load, "ldmatrix.x4");
}

static inline void ldmatrix_x4_trans(uint32_t (&r)[4], const void* row) {
  TwinLdmatrix load{r, row};
  emu_collective(0xffffffffu, twin_ldmatrix<4, true>, &load, "ldmatrix.x4.trans");
}

static inline void ldmatrix_x2(uint32_t (&r)[2], const void* row) {
  TwinLdmatrix load{r, row};
  emu_collective(0xffffffffu, twin_ldmatrix<2, false>, &load, "ldmatrix.x2");
}

static inline void ldmatrix_x2_trans(uint32_t (&r)[2], const void* row) {
  TwinLdmatrix load{r, row};
  emu_collective(0xffffffffu, twin_ldmatrix<2, true>, &load, "ldmatrix.x2.trans");
}

// The emulator copies when the group is waited for and fills the target with NaN until then, so
// that a forgotten wait shows.
static inline void cp_async16(void* to, const void* from) {
  if ((reinterpret_cast<uintptr_t>(to) | reinterpret_cast<uintptr_t>(from)) % 16 != 0) {
    emu_trap("cp.async: an address is not aligned to 16 bytes");
  }
  if (EMU_ARCH >= 800) {
    emu_cp_async(to, from, 16);
  } else {
    memcpy(to, from, 16);
  }
}

static inline void cp_async16_zfill(void* to, const void* from, bool valid) {
  alignas(16) static const char zeros[16] = {};
  cp_async16(to, valid ? from : zeros);
}

static inline void cp_async_commit() {
  if (EMU_ARCH >= 800) emu_cp_commit();
}

template <int PENDING>
static inline void cp_async_wait() {
  if (EMU_ARCH >= 800) emu_cp_wait(PENDING);
}

#endif

// D += A B for 16 rows, 8 columns and 16 k of T (bf16 or f16, by either name), f32 sums.
template <typename T>
__device__ __forceinline__ void mma_m16n8k16(float (&d)[4], const uint32_t (&a)[4],
                                             const uint32_t (&b)[2]) {
  if constexpr (IsBf16<T>::kValue) {
    mma_m16n8k16_bf16(d, a, b);
  } else {
    mma_m16n8k16_f16(d, a, b);
  }
}
