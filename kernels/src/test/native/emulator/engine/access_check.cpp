// SPDX-License-Identifier: Apache-2.0
#include "engine/access_check.h"

#include <cstdio>

#include "engine/block_runner.h"

namespace emu {

void AccessCheck::begin_launch() { cache_generation_ = 0; }

void AccessCheck::begin_block(unsigned warps) {
  races_suspended_ = false;
  block_epoch_++;
  for (unsigned w = 0; w < warps; w++) warp_epoch_[w]++;
}

void AccessCheck::check_device_memory(uintptr_t address, size_t bytes, Access access) {
  uint64_t generation = allocation_generation();
  if (generation != cache_generation_) {
    for (Allocation& entry : cache_) entry.size = 0;
    cache_generation_ = generation;
  }
  auto found = allocations().find(address);
  if (!found || !found->covers(address, bytes)) {
    refuse(address, bytes, access, "outside every live allocation");
  }
  if (!runner_.launch().reach.allows(*found)) {
    refuse(address, bytes, access, "memory of another device or context");
  }
  cached(address) = *found;
}

void AccessCheck::check_elsewhere(uintptr_t address, size_t bytes, Access access) {
  if (runner_.stacks().contains(address) || runner_.contains(address)) return;
  const SharedMemory& shared = runner_.shared();
  if (shared.in_fixed(address)) {
    check_shared(address - reinterpret_cast<uintptr_t>(shared.fixed().base), bytes, access, address);
  } else if (shared.in_dynamic_region(address) || shared.in_guard(address)) {
    uintptr_t start = reinterpret_cast<uintptr_t>(shared.dynamic());
    if (address < start || address + bytes > start + shared.dynamic_bytes()) {
      refuse(address, bytes, access, "outside dynamic shared memory");
    }
    // Behind the static part, from a whole shadow word on: one must not serve two threads' bytes.
    size_t first = (shared.fixed().bytes + kShadowBytes - 1) / kShadowBytes * kShadowBytes;
    check_shared(first + (address - start), bytes, access, address);
  } else if (!known_host_memory(address, bytes, access)) {
    refuse(address, bytes, access, "neither device memory nor pinned host memory");
  }
}

// What a kernel may touch besides device, pinned and shared memory: its parameters, constants of
// its own library, the pointer to its own thread, and host memory registered with the driver.
bool AccessCheck::known_host_memory(uintptr_t address, size_t bytes, Access access) {
  const Launch& launch = runner_.launch();
  if (address >= launch.params_begin && address < launch.params_end) return true;
  const SharedSegment& library = runner_.shared().fixed();
  if (address >= library.library_begin && address < library.library_end) {
    if (access != Access::kRead) {
      refuse(address, bytes, access, "a __device__ variable: one copy serves all devices");
    }
    return true;
  }
  if (address == reinterpret_cast<uintptr_t>(&emu_cur)) return true;
  auto found = allocations().find(address);
  return found && found->covers(address, bytes);
}

bool AccessCheck::unordered(uint32_t other, uint32_t block_epoch, uint32_t warp_epoch) const {
  if (other == 0 || block_epoch != block_epoch_) return false;
  if (other == kSeveralWarps) return true;
  unsigned warp = emu_cur->warp;
  if ((other & kWarpReaders) != 0) {
    return (other & 31) != warp || warp_epoch == warp_epoch_[warp];
  }
  if (other == emu_cur->linear + 1) return false;
  return (other - 1) / 32 != warp || warp_epoch == warp_epoch_[warp];
}

void AccessCheck::note_read(Shadow& shadow) {
  unsigned warp = emu_cur->warp;
  uint32_t me = emu_cur->linear + 1;
  uint32_t before = shadow.read_block_epoch == block_epoch_ ? shadow.reader : 0;
  uint32_t now = me;
  if (before != 0 && before != me) {
    bool group = before >= kWarpReaders;
    uint32_t before_warp = group ? before & 31 : (before - 1) / 32;
    if (before == kSeveralWarps || before_warp != warp) {
      now = kSeveralWarps;
    } else if (shadow.read_warp_epoch == warp_epoch_[warp]) {
      now = kWarpReaders | warp;
    }
  }
  shadow.reader = now;
  shadow.read_block_epoch = block_epoch_;
  shadow.read_warp_epoch = warp_epoch_[warp];
}

void AccessCheck::check_shared(size_t offset, size_t bytes, Access access, uintptr_t address) {
  if (races_suspended_) return;
  size_t last = (offset + bytes - 1) / kShadowBytes;
  if (last >= shadow_.size()) shadow_.resize(last + 4096);
  for (size_t word = offset / kShadowBytes; word <= last; word++) {
    Shadow& shadow = shadow_[word];
    bool written_atomically = (shadow.writer & kAtomicFlag) != 0;
    uint32_t writer = shadow.writer & ~kAtomicFlag;
    bool both_atomic = access == Access::kAtomic && written_atomically;
    if (!both_atomic && unordered(writer, shadow.write_block_epoch, shadow.write_warp_epoch)) {
      refuse(address, bytes, access,
             "shared memory race with the write of thread " + std::to_string(writer - 1) +
                 " (no barrier in between)");
    }
    if (access == Access::kRead) {
      note_read(shadow);
      continue;
    }
    if (unordered(shadow.reader, shadow.read_block_epoch, shadow.read_warp_epoch)) {
      std::string who = shadow.reader >= kWarpReaders ? "several threads"
                                                      : "thread " + std::to_string(shadow.reader - 1);
      refuse(address, bytes, access,
             "shared memory race with the read of " + who + " (no barrier in between)");
    }
    shadow.writer = (emu_cur->linear + 1) | (access == Access::kAtomic ? kAtomicFlag : 0);
    shadow.write_block_epoch = block_epoch_;
    shadow.write_warp_epoch = warp_epoch_[emu_cur->warp];
  }
}

void AccessCheck::refuse(uintptr_t address, size_t bytes, Access access, const std::string& why) {
  static const char* const kNames[] = {"read", "write", "atomic operation"};
  char text[64];
  snprintf(text, sizeof text, " of %zu bytes at %#zx: ", bytes, static_cast<size_t>(address));
  std::string message = kNames[static_cast<int>(access)] + std::string(text) + why;
  if (in_windows(address)) {
    if (allocations().find_freed(address)) {
      message += " (use after free)";
    } else if (auto below = allocations().nearest_below(address)) {
      message += " (" + std::to_string(address + bytes - below->base - below->size) +
                 " bytes past the end of allocation #" + std::to_string(below->id) + " of " +
                 std::to_string(below->size) + " bytes)";
    }
  }
  runner_.fail(kIllegalAddress, message);
}

}  // namespace emu
