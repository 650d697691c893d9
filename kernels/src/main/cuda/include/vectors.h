// SPDX-License-Identifier: Apache-2.0
//
// Loads and stores of eight elements as f32: one or two 16-byte accesses (8 bytes for fp8). The
// address must be aligned to eight elements, 16 bytes at most; buffers with strides in multiples of
// 64 elements are.
#pragma once

#include <vector_types.h>

#include "types.h"

constexpr int kVector = 8;

__device__ __forceinline__ void load8(const float* from, float (&to)[kVector]) {
  const float4 low = reinterpret_cast<const float4*>(from)[0];
  const float4 high = reinterpret_cast<const float4*>(from)[1];
  to[0] = low.x;
  to[1] = low.y;
  to[2] = low.z;
  to[3] = low.w;
  to[4] = high.x;
  to[5] = high.y;
  to[6] = high.z;
  to[7] = high.w;
}

__device__ __forceinline__ void store8(float* to, const float (&from)[kVector]) {
  reinterpret_cast<float4*>(to)[0] = {from[0], from[1], from[2], from[3]};
  reinterpret_cast<float4*>(to)[1] = {from[4], from[5], from[6], from[7]};
}

// The two 16-bit types differ in the conversion only.
template <typename T>
__device__ __forceinline__ void unpack16(uint4 packed, float (&to)[kVector]) {
  const uint32_t words[4] = {packed.x, packed.y, packed.z, packed.w};
#pragma unroll
  for (int i = 0; i < 4; i++) {
    to[2 * i] = to_float(T{static_cast<uint16_t>(words[i])});
    to[2 * i + 1] = to_float(T{static_cast<uint16_t>(words[i] >> 16)});
  }
}

__device__ __forceinline__ void load8(const bf16* from, float (&to)[kVector]) {
  unpack16<bf16>(*reinterpret_cast<const uint4*>(from), to);
}

__device__ __forceinline__ void load8(const f16* from, float (&to)[kVector]) {
  unpack16<f16>(*reinterpret_cast<const uint4*>(from), to);
}

__device__ __forceinline__ void store8(bf16* to, const float (&from)[kVector]) {
  *reinterpret_cast<uint4*>(to) = {pack_bf16x2(from[0], from[1]), pack_bf16x2(from[2], from[3]),
                                   pack_bf16x2(from[4], from[5]), pack_bf16x2(from[6], from[7])};
}

__device__ __forceinline__ void store8(f16* to, const float (&from)[kVector]) {
  *reinterpret_cast<uint4*>(to) = {pack_f16x2(from[0], from[1]), pack_f16x2(from[2], from[3]),
                                   pack_f16x2(from[4], from[5]), pack_f16x2(from[6], from[7])};
}

__device__ __forceinline__ void load8(const fp8* from, float (&to)[kVector]) {
  const uint2 packed = *reinterpret_cast<const uint2*>(from);
#pragma unroll
  for (int i = 0; i < 4; i++) {
    to[i] = to_float(fp8{static_cast<uint8_t>(packed.x >> (8 * i))});
    to[i + 4] = to_float(fp8{static_cast<uint8_t>(packed.y >> (8 * i))});
  }
}

__device__ __forceinline__ void store8(fp8* to, const float (&from)[kVector]) {
  uint2 packed = {0, 0};
#pragma unroll
  for (int i = 0; i < 4; i++) {
    packed.x |= static_cast<uint32_t>(float_to_fp8(from[i]).bits) << (8 * i);
    packed.y |= static_cast<uint32_t>(float_to_fp8(from[i + 4]).bits) << (8 * i);
  }
  *reinterpret_cast<uint2*>(to) = packed;
}

// ---- by type code: f32, bf16 and f16 are what activations come in

__device__ __forceinline__ void load8(const void* base, int type, int64 element,
                                      float (&to)[kVector]) {
  if (type == kF32) {
    load8(at<float>(base, element), to);
  } else if (type == kBf16) {
    load8(at<bf16>(base, element), to);
  } else {
    load8(at<f16>(base, element), to);
  }
}

__device__ __forceinline__ float load1(const void* base, int type, int64 element) {
  return type == kF32    ? *at<float>(base, element)
         : type == kBf16 ? to_float(*at<bf16>(base, element))
                         : to_float(*at<f16>(base, element));
}

__device__ __forceinline__ void store8(void* base, int type, int64 element,
                                       const float (&from)[kVector]) {
  if (type == kF32) {
    store8(at<float>(base, element), from);
  } else if (type == kBf16) {
    store8(at<bf16>(base, element), from);
  } else {
    store8(at<f16>(base, element), from);
  }
}

__device__ __forceinline__ void store1(void* base, int type, int64 element, float value) {
  if (type == kF32) {
    *at<float>(base, element) = value;
  } else if (type == kBf16) {
    *at<bf16>(base, element) = float_to_bf16(value);
  } else {
    *at<f16>(base, element) = float_to_f16(value);
  }
}
