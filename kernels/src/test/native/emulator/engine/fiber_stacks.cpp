// SPDX-License-Identifier: Apache-2.0
#include "engine/fiber_stacks.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>

namespace emu {

FiberStacks::FiberStacks() {
  void* arena = mmap(nullptr, kArenaBytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (arena == MAP_FAILED) {
    perror("[emu] no address space for fiber stacks");
    abort();
  }
  arena_ = reinterpret_cast<uintptr_t>(arena);
}

void* FiberStacks::top_of(size_t index) const {
  // Without the last term all stacks would start at the same cache set and evict one another.
  return reinterpret_cast<void*>(arena_ + (index + 1) * kStride - (index % 32) * 128);
}

void* FiberStacks::take() {
  if (!free_.empty()) {
    void* top = free_.back();
    free_.pop_back();
    return top;
  }
  mprotect(reinterpret_cast<void*>(arena_ + used_ * kStride), kGuardBytes, PROT_NONE);
  return top_of(used_++);
}

void FiberStacks::reclaim_all() {
  free_.clear();
  for (size_t i = used_; i-- > 0;) free_.push_back(top_of(i));
}

bool FiberStacks::is_guard(uintptr_t address) const {
  return contains(address) && (address - arena_) % kStride < kGuardBytes;
}

}  // namespace emu
