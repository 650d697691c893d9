// SPDX-License-Identifier: Apache-2.0
//
// Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// 2011), as dev.highbeam.runtime.sampling.CounterRandom.
#pragma once

#include "device.h"

// 64 uniform bits: key (seed, low word first), counter (draw 0, position, sample index, 0).
__device__ __forceinline__ uint64 random_bits(uint32_t seed_low, uint32_t seed_high,
                                              int sample_index, int position) {
  uint32_t c[4] = {0, static_cast<uint32_t>(position), static_cast<uint32_t>(sample_index), 0};
  uint32_t k0 = seed_low;
  uint32_t k1 = seed_high;
#pragma unroll
  for (int round = 0; round < 10; round++) {
    const uint64 product0 = 0xD2511F53ull * c[0];
    const uint64 product1 = 0xCD9E8D57ull * c[2];
    const uint32_t next0 = static_cast<uint32_t>(product1 >> 32) ^ c[1] ^ k0;
    const uint32_t next2 = static_cast<uint32_t>(product0 >> 32) ^ c[3] ^ k1;
    c[1] = static_cast<uint32_t>(product1);
    c[3] = static_cast<uint32_t>(product0);
    c[0] = next0;
    c[2] = next2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c[0] | static_cast<uint64>(c[1]) << 32;
}
