// SPDX-License-Identifier: Apache-2.0
// Stacks of the fibers of one worker: at most one per CUDA thread of a block, each above a guard
// page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace emu {

class FiberStacks {
 public:
  FiberStacks();
  FiberStacks(const FiberStacks&) = delete;

  // Top of a free stack, ready for fiber entry.
  void* take();
  void give_back(void* top) { free_.push_back(top); }
  // All stacks are free again: used after a fault, which abandons the fibers of a block.
  void reclaim_all();

  bool contains(uintptr_t address) const { return address - arena_ < kArenaBytes; }
  bool is_guard(uintptr_t address) const;

 private:
  static constexpr size_t kMaxStacks = 1024;
  static constexpr size_t kGuardBytes = 4096;
  static constexpr size_t kStackBytes = 128 << 10;
  static constexpr size_t kStride = kGuardBytes + kStackBytes;
  static constexpr size_t kArenaBytes = kMaxStacks * kStride;

  void* top_of(size_t index) const;

  uintptr_t arena_;
  size_t used_ = 0;
  std::vector<void*> free_;
};

}  // namespace emu
