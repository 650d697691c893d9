// SPDX-License-Identifier: Apache-2.0
//
// Storage types and their conversions to and from f32, rounding to nearest, ties to even. f16
// overflows to infinity; fp8 (e4m3, OCP 8-bit floating point specification 1.0) saturates at 448.
// Device instructions where the architecture has them, integer arithmetic with the same results
// elsewhere. NaN stays NaN.
#pragma once

#include "device.h"

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#else
#include <math.h>
#endif

struct bf16 {
  uint16_t bits;
};

struct f16 {
  uint16_t bits;
};

struct fp8 {
  uint8_t bits;
};

// ---- bf16

__device__ __forceinline__ float to_float(bf16 x) {
  return __uint_as_float(static_cast<uint32_t>(x.bits) << 16);
}

__device__ __forceinline__ bf16 float_to_bf16(float x) {
#if KARCH >= 800 && defined(__CUDACC__)
  return {__bfloat16_as_ushort(__float2bfloat16_rn(x))};
#else
  const uint32_t bits = __float_as_uint(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {
    // Rounding could carry a NaN's payload over into infinity.
    return {static_cast<uint16_t>((bits >> 16) | 0x40u)};
  }
  return {static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16)};
#endif
}

// Two bf16 in one register, the first in the low half.
__device__ __forceinline__ uint32_t pack_bf16x2(float low, float high) {
#if KARCH >= 800 && defined(__CUDACC__)
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return static_cast<uint32_t>(__bfloat16_as_ushort(pair.x)) |
         static_cast<uint32_t>(__bfloat16_as_ushort(pair.y)) << 16;
#else
  return float_to_bf16(low).bits | static_cast<uint32_t>(float_to_bf16(high).bits) << 16;
#endif
}

// ---- f16

__device__ __forceinline__ float to_float(f16 x) {
#ifdef __CUDACC__
  return __half2float(__ushort_as_half(x.bits));
#else
  const uint32_t sign = static_cast<uint32_t>(x.bits & 0x8000u) << 16;
  const uint32_t magnitude = x.bits & 0x7fffu;
  if (magnitude >= 0x7c00u) {
    return __uint_as_float(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  }
  // Read as an f32 the value is 2^-112 of what it means; exact, subnormals included.
  const float value = __uint_as_float(magnitude << 13) * 0x1p112f;
  return __uint_as_float(sign | __float_as_uint(value));
#endif
}

__device__ __forceinline__ f16 float_to_f16(float x) {
#ifdef __CUDACC__
  return {__half_as_ushort(__float2half_rn(x))};
#else
  const uint32_t bits = __float_as_uint(x);
  const uint32_t sign = bits >> 16 & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    return {static_cast<uint16_t>(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu))};
  }
  if (magnitude >= 0x477ff000u) {
    return {static_cast<uint16_t>(sign | 0x7c00u)};
  }
  if (magnitude < 0x38800000u) {
    // Below 2^-14: scaled so that one unit is one subnormal step.
    const uint32_t steps = static_cast<uint32_t>(rintf(__uint_as_float(magnitude) * 0x1p24f));
    return {static_cast<uint16_t>(sign | steps)};
  }
  const uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
  return {static_cast<uint16_t>(sign | (rounded - 0x38000000u) >> 13)};
#endif
}

// Two f16 in one register, the first in the low half.
__device__ __forceinline__ uint32_t pack_f16x2(float low, float high) {
  return float_to_f16(low).bits | static_cast<uint32_t>(float_to_f16(high).bits) << 16;
}

// ---- fp8

__device__ __forceinline__ float to_float(fp8 x) {
#if KARCH >= 890 && defined(__CUDACC__)
  return __half2float(__half(__nv_cvt_fp8_to_halfraw(x.bits, __NV_E4M3)));
#else
  const uint32_t sign = static_cast<uint32_t>(x.bits & 0x80u) << 24;
  const uint32_t magnitude = x.bits & 0x7fu;
  // Read as an f32 the value is 2^-120 of what it means; exact, subnormals included.
  const float value = __uint_as_float(magnitude << 20) * 0x1p120f;
  return __uint_as_float(sign | (magnitude == 0x7fu ? 0x7fc00000u : __float_as_uint(value)));
#endif
}

__device__ __forceinline__ fp8 float_to_fp8(float x) {
#if KARCH >= 890 && defined(__CUDACC__)
  return {__nv_cvt_float_to_fp8(x, __NV_SATFINITE, __NV_E4M3)};
#else
  const uint32_t bits = __float_as_uint(x);
  const uint32_t sign = bits >> 24 & 0x80u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    return {static_cast<uint8_t>(sign | 0x7fu)};
  }
  if (magnitude >= 0x43e00000u) {  // 448
    return {static_cast<uint8_t>(sign | 0x7eu)};
  }
  if (magnitude < 0x3c800000u) {  // 2^-6
    const uint32_t steps = static_cast<uint32_t>(rintf(__uint_as_float(magnitude) * 0x1p9f));
    return {static_cast<uint8_t>(sign | steps)};
  }
  const uint32_t rounded = magnitude + 0x7ffffu + (magnitude >> 20 & 1u);
  return {static_cast<uint8_t>(sign | (rounded - 0x3c000000u) >> 20)};
#endif
}

// ---- f32 and one name for all

__device__ __forceinline__ float to_float(float x) { return x; }

template <typename T>
__device__ __forceinline__ T from_float(float x);
template <>
__device__ __forceinline__ float from_float<float>(float x) {
  return x;
}
template <>
__device__ __forceinline__ bf16 from_float<bf16>(float x) {
  return float_to_bf16(x);
}
template <>
__device__ __forceinline__ f16 from_float<f16>(float x) {
  return float_to_f16(x);
}
template <>
__device__ __forceinline__ fp8 from_float<fp8>(float x) {
  return float_to_fp8(x);
}

// The f32 nearest to x that a T can hold.
template <typename T>
__device__ __forceinline__ float round_to(float x) {
  return to_float(from_float<T>(x));
}

// Type code and bytes of a storage type.
template <typename T>
struct TypeOf;
template <>
struct TypeOf<float> {
  static constexpr int kCode = kF32;
};
template <>
struct TypeOf<bf16> {
  static constexpr int kCode = kBf16;
};
template <>
struct TypeOf<f16> {
  static constexpr int kCode = kF16;
};
template <>
struct TypeOf<fp8> {
  static constexpr int kCode = kFp8;
};

__host__ __device__ constexpr int bytes_of(int type) {
  return type == kF32 ? 4 : type == kFp8 ? 1 : 2;
}

// The element at an offset in elements.
template <typename T>
__device__ __forceinline__ const T* at(const void* base, int64 element) {
  return static_cast<const T*>(base) + element;
}
template <typename T>
__device__ __forceinline__ T* at(void* base, int64 element) {
  return static_cast<T*>(base) + element;
}
