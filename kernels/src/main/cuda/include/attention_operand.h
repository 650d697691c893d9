// SPDX-License-Identifier: Apache-2.0
//
// Tiles of keys and values in shared memory as ldmatrix reads them: rows of DIM 16-bit elements
// (bf16 or f16), in chunks of 16 bytes that are swizzled so that eight rows' chunks of one column
// lie in different banks. fp8 keys and values become 16-bit on their way there; every fp8 value is
// exact in both types.
#pragma once

#include "types.h"
#include "vectors.h"

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#endif

namespace attention_operand {

// Bytes of a chunk, and its elements of 16 bits.
constexpr int kChunk = 16;
constexpr int kChunkElements = 8;

template <typename T>
__device__ __forceinline__ uint32_t pack(float low, float high);
template <>
__device__ __forceinline__ uint32_t pack<bf16>(float low, float high) {
  return pack_bf16x2(low, high);
}
template <>
__device__ __forceinline__ uint32_t pack<f16>(float low, float high) {
  return pack_f16x2(low, high);
}

// Bytes of a row. Rows of 96 elements take the room of 128, so that one swizzle serves all.
template <int DIM>
__host__ __device__ constexpr int row_bytes() {
  return DIM == 96 ? 256 : 2 * DIM;
}

// Byte offset of a chunk of a row. The chunk enters by exclusive or alone and of the row only its
// last three bits meet it: loops may step through chunks by offset ^ (c * kChunk), and through
// multiples of 8 rows by adding.
template <int DIM>
__device__ __forceinline__ int chunk_offset(int row, int chunk) {
  static_assert(row_bytes<DIM>() % 128 == 0, "rows of whole swizzle spans");
  return (row * row_bytes<DIM>() + (row & 7) * kChunk) ^ (chunk * kChunk);
}

// Both halves of a pair of T times 2^EXPONENT, exact where the result is.
template <typename T, int EXPONENT>
__device__ __forceinline__ uint32_t scale_pair(uint32_t pair) {
  constexpr float kFactor = EXPONENT == 8 ? 0x1p8f : 0x1p120f;
#ifdef __CUDACC__
  if constexpr (TypeOf<T>::kCode == kBf16) {
    __nv_bfloat162 value;
    memcpy(&value, &pair, sizeof(value));
    value = __hmul2(value, __float2bfloat162_rn(kFactor));
    memcpy(&pair, &value, sizeof(value));
  } else {
    __half2 value;
    memcpy(&value, &pair, sizeof(value));
    value = __hmul2(value, __float2half2_rn(kFactor));
    memcpy(&pair, &value, sizeof(value));
  }
  return pair;
#else
  return pack<T>(to_float(T{static_cast<uint16_t>(pair)}) * kFactor,
                 to_float(T{static_cast<uint16_t>(pair >> 16)}) * kFactor);
#endif
}

// Four fp8 (e4m3) to two pairs of T. Sign, exponent and fraction are moved to their places in T,
// where they mean 2^-8 (f16) or 2^-120 (bf16) of the value.
template <typename T>
__device__ __forceinline__ void widen(uint32_t four, uint32_t (&pairs)[2]) {
  constexpr bool kIsBf16 = TypeOf<T>::kCode == kBf16;
  constexpr int kShift = kIsBf16 ? 4 : 1;
  constexpr uint32_t kNan = 0x7fff7fffu;
#pragma unroll
  for (int i = 0; i < 2; i++) {
    const uint32_t two = four >> (16 * i);
    const uint32_t apart = (two & 0xffu) << 8 | (two & 0xff00u) << 16;
    const uint32_t placed = (apart & 0x80008000u) | (apart & 0x7f007f00u) >> kShift;
    pairs[i] = scale_pair<T, kIsBf16 ? 120 : 8>(placed);
    // All ones is NaN. Rare, so both halves at once: 127 is the only magnitude that carries.
    if ((((two & 0x7f7fu) + 0x0101u) & 0x8080u) != 0) {
      pairs[i] |= (two & 0x7fu) == 0x7fu ? kNan & 0xffffu : 0;
      pairs[i] |= (two & 0x7f00u) == 0x7f00u ? kNan & 0xffff0000u : 0;
    }
  }
}

// A tile of ROWS rows of DIM fp8 (unswizzled, in chunks of 16 elements) to one of T, by COUNT
// threads of which this is one.
template <typename T, int DIM, int ROWS, int COUNT>
__device__ __forceinline__ void widen_tile(const unsigned char* raw, unsigned char* tile,
                                           int thread) {
  constexpr int kRowChunks = DIM / kChunk;
#pragma unroll
  for (int index = thread; index < ROWS * kRowChunks; index += COUNT) {
    const int row = index / kRowChunks;
    const int chunk = index % kRowChunks;
    const uint4 from = *reinterpret_cast<const uint4*>(raw + index * kChunk);
    const uint32_t words[4] = {from.x, from.y, from.z, from.w};
#pragma unroll
    for (int half = 0; half < 2; half++) {
      uint32_t low[2];
      uint32_t high[2];
      widen<T>(words[2 * half], low);
      widen<T>(words[2 * half + 1], high);
      *reinterpret_cast<uint4*>(tile + chunk_offset<DIM>(row, 2 * chunk + half)) = {
          low[0], low[1], high[0], high[1]};
    }
  }
}

// Two neighbouring elements of a query as a pair of T, rounded if the query's type is another one.
template <typename T>
__device__ __forceinline__ uint32_t load_pair(const void* query, int type, int64 element) {
  if (type == TypeOf<T>::kCode) {
    return *reinterpret_cast<const uint32_t*>(at<T>(query, element));
  }
  return pack<T>(load1(query, type, element), load1(query, type, element + 1));
}

// Two neighbouring elements, the first at an even place.
__device__ __forceinline__ void store2(float* to, float low, float high) {
  *reinterpret_cast<float2*>(to) = {low, high};
}
template <typename T>
__device__ __forceinline__ void store2(T* to, float low, float high) {
  *reinterpret_cast<uint32_t*>(to) = pack<T>(low, high);
}

}  // namespace attention_operand
