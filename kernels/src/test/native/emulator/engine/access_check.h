// SPDX-License-Identifier: Apache-2.0
// Every load and store of a checked twin: bounds, ownership, alignment, and races on shared memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/allocation_table.h"

namespace emu {

class BlockRunner;

enum class Access { kRead, kWrite, kAtomic };

class AccessCheck {
 public:
  explicit AccessCheck(BlockRunner& runner) : runner_(runner) {}

  void begin_launch();
  void begin_block(unsigned warps);
  // All lanes of a warp's collective, or all threads of the block, are past what they did before.
  // A barrier of some threads counts as one of all: it may hide a race, never invent one.
  void warp_met(unsigned warp) { warp_epoch_[warp]++; }
  void block_met() { block_epoch_++; }

  // While conditions are asked and deferred copies performed: what hardware does is no race.
  void suspend_race_checks(bool suspended) { races_suspended_ = suspended; }

  // The way that almost every access takes is inline.
  void check(uintptr_t address, size_t bytes, Access access, bool must_be_aligned) {
    if (must_be_aligned && (address & (bytes - 1)) != 0) refuse(address, bytes, access, "misaligned");
    if (!in_windows(address)) {
      check_elsewhere(address, bytes, access);
    } else if (allocation_generation() != cache_generation_ ||
               !cached(address).covers(address, bytes)) {
      check_device_memory(address, bytes, access);
    }
  }

 private:
  // Who touched so many bytes of shared memory last, and when. A thread is its index + 1. Single
  // bytes side by side count as one: no kernel here lets two threads share such a pair.
  static constexpr size_t kShadowBytes = 2;
  struct Shadow {
    uint32_t writer, write_block_epoch, write_warp_epoch;
    uint32_t reader, read_block_epoch, read_warp_epoch;
  };
  static constexpr size_t kCached = 64;
  static constexpr uint32_t kAtomicFlag = 1u << 31;
  static constexpr uint32_t kWarpReaders = 1u << 16;     // several threads of warp (value & 31)
  static constexpr uint32_t kSeveralWarps = 1u << 17;

  // Allocations lie side by side: bits from 8 up tell small ones apart, higher ones large ones.
  Allocation& cached(uintptr_t address) {
    return cache_[((address >> 8) ^ (address >> 12) ^ (address >> 20)) % kCached];
  }
  void check_device_memory(uintptr_t address, size_t bytes, Access access);
  void check_elsewhere(uintptr_t address, size_t bytes, Access access);
  bool known_host_memory(uintptr_t address, size_t bytes, Access access);
  void check_shared(size_t offset, size_t bytes, Access access, uintptr_t address);
  bool unordered(uint32_t other, uint32_t block_epoch, uint32_t warp_epoch) const;
  void note_read(Shadow& shadow);
  [[noreturn]] void refuse(uintptr_t address, size_t bytes, Access access, const std::string& why);

  BlockRunner& runner_;
  uint64_t cache_generation_ = 0;
  Allocation cache_[kCached];
  std::vector<Shadow> shadow_;  // static shared memory first, then dynamic
  bool races_suspended_ = false;
  uint32_t block_epoch_ = 0;
  uint32_t warp_epoch_[32] = {};
};

}  // namespace emu
