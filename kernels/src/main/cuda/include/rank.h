// SPDX-License-Identifier: Apache-2.0
//
// A token's place in the order (logit descending, id ascending) as one integer: the greater the
// rank, the earlier the token. Upper 32 bits of 54: the logit's bits, mapped so that unsigned order
// is the order of floats, both zeros being one and NaN the greatest. Lower 22 bits: the id reversed.
#pragma once

#include "device.h"

using Rank = uint64;

constexpr int kIdBits = 22;
constexpr int kMaxVocabulary = 1 << kIdBits;

constexpr uint32_t kNanKey = 0xffffffffu;
constexpr uint32_t kPlusInfinityKey = 0xff800000u;
constexpr uint32_t kMinusInfinityKey = 0x007fffffu;

__device__ __forceinline__ uint32_t key_of(float logit) {
  const uint32_t bits = __float_as_uint(__fadd_rn(logit, 0.0f));
  const uint32_t flips = static_cast<uint32_t>(static_cast<int>(bits) >> 31) | 0x80000000u;
  return logit == logit ? bits ^ flips : kNanKey;
}

// The logit of a key that is not NaN's; minus zero comes back as zero.
__device__ __forceinline__ float logit_of_key(uint32_t key) {
  return __uint_as_float((key & 0x80000000u) != 0 ? key ^ 0x80000000u : ~key);
}

__device__ __forceinline__ Rank rank_of(uint32_t key, int id) {
  return static_cast<Rank>(key) << kIdBits | static_cast<Rank>(kMaxVocabulary - 1 - id);
}

__device__ __forceinline__ uint32_t key_of_rank(Rank rank) {
  return static_cast<uint32_t>(rank >> kIdBits);
}

__device__ __forceinline__ int id_of_rank(Rank rank) {
  return kMaxVocabulary - 1 - static_cast<int>(rank & (kMaxVocabulary - 1));
}

// The lowest and highest rank that tokens of a key can have.
__device__ __forceinline__ Rank lowest_rank(uint32_t key) {
  return rank_of(key, kMaxVocabulary - 1);
}

__device__ __forceinline__ Rank highest_rank(uint32_t key) { return rank_of(key, 0); }

// The lowest rank that is not NaN's: with it as the limit every token stays.
constexpr Rank kLowestRank = static_cast<Rank>(kMinusInfinityKey) << kIdBits;

// Whether the greatest logit is one to choose: neither NaN nor infinite.
__device__ __forceinline__ bool is_finite_key(uint32_t key) {
  return key > kMinusInfinityKey && key < kPlusInfinityKey;
}
