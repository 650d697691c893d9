// SPDX-License-Identifier: Apache-2.0
// Shared memory of one worker: the static part lives in the twin's thread-local storage, the
// dynamic part ends at a guard page. All of it is 0xff, which is NaN in every floating format, when
// a block starts. A twin holds the variables of all its kernels, so which of them a kernel uses is
// learned from what it leaves behind, and only those are filled again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "abi/twin_abi.h"
#include "engine/shared_symbols.h"

namespace emu {

struct SharedSegment {
  char* base = nullptr;
  size_t bytes = 0;
  uintptr_t library_begin = 0;  // code and constants of the twin itself
  uintptr_t library_end = 0;
};

class SharedMemory {
 public:
  SharedMemory();
  SharedMemory(const SharedMemory&) = delete;

  // Finds this worker's static segment of the twin and places `dynamic_bytes` before the guard.
  void begin_launch(const EmuTwin* twin, const EmuKernel* kernel, size_t dynamic_bytes);
  void begin_block();
  void end_block();
  // True if the bytes between the dynamic memory and its guard page were written.
  bool slack_was_written() const;

  char* dynamic() const { return dynamic_; }
  size_t dynamic_bytes() const { return dynamic_bytes_; }
  const SharedSegment& fixed() const { return fixed_; }
  bool in_dynamic_region(uintptr_t address) const {
    return address - region_start() < kRegionBytes;
  }
  bool in_guard(uintptr_t address) const {
    return address - region_start() - kRegionBytes < kPage || region_start() - 1 - address < kPage;
  }
  bool in_fixed(uintptr_t address) const {
    return address - reinterpret_cast<uintptr_t>(fixed_.base) < fixed_.bytes;
  }

 private:
  static constexpr size_t kPage = 4096;
  static constexpr size_t kRegionBytes = 256 << 10;
  static constexpr size_t kAlignment = 1024;  // what the 128-byte swizzle of wgmma needs

  struct Twin {
    SharedSegment segment;
    std::vector<SharedSymbol> symbols;
  };
  struct Use {  // what one kernel uses
    std::vector<bool> symbols;
    std::vector<SharedSymbol> ranges;
    unsigned blocks = 0;
  };

  Twin& open(const EmuTwin* twin);
  bool is_clean(const SharedSymbol& symbol) const;
  void fill(const std::vector<SharedSymbol>& ranges);
  uintptr_t region_start() const { return reinterpret_cast<uintptr_t>(map_) + kPage; }

  char* map_;
  char* dynamic_ = nullptr;
  size_t dynamic_bytes_ = 0;
  SharedSegment fixed_;
  std::map<const EmuTwin*, Twin> twins_;
  std::map<const EmuKernel*, Use> uses_;
  const Twin* twin_ = nullptr;
  const EmuKernel* kernel_ = nullptr;
  Use* use_ = nullptr;
};

}  // namespace emu
