// SPDX-License-Identifier: Apache-2.0
// Which addresses are memory of the emulated devices: written by the driver, read by the engine
// while kernels run.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <shared_mutex>
#include <vector>

namespace emu {

// Every device has its own range of addresses, so that a pointer shows where it belongs. The last
// slot is pinned host memory.
constexpr uintptr_t kWindowBase = 0x100000000000;
constexpr uintptr_t kWindowBytes = 0x40000000000;  // 4 TiB
constexpr int kMaxDevices = 15;
constexpr int kHostSlot = 15;
constexpr uintptr_t kWindowEnd = kWindowBase + 16 * kWindowBytes;

inline bool in_windows(uintptr_t address) {
  return address - kWindowBase < kWindowEnd - kWindowBase;
}
inline int window_of(uintptr_t address) {
  return static_cast<int>((address - kWindowBase) / kWindowBytes);
}

struct Allocation {
  uintptr_t base = 0;
  size_t size = 0;
  uint64_t id = 0;       // counts from 1, for messages
  uint64_t context = 0;  // number of the owning context
  int device = -1;
  bool host = false;        // pinned or registered host memory, reachable from every context
  bool registered = false;  // the caller's own memory

  bool covers(uintptr_t address, size_t bytes) const {
    return address - base < size && address + bytes - base <= size;
  }
};

// What the kernels of one context may touch.
struct Reach {
  uint64_t context = 0;
  std::vector<uint64_t> peers;

  bool allows(const Allocation& allocation) const;
};

class AllocationTable {
 public:
  void add(const Allocation& allocation);
  // Moves an allocation from live to freed; false if none starts there.
  bool remove(uintptr_t base);

  std::optional<Allocation> find(uintptr_t address) const;
  std::optional<Allocation> find_freed(uintptr_t address) const;
  // The live allocation that starts at or below the address: the likely victim of an overrun.
  std::optional<Allocation> nearest_below(uintptr_t address) const;
  std::vector<Allocation> live() const;

  // Lowest address >= from and < end where `bytes` (guards included) fit, or 0.
  uintptr_t find_gap(uintptr_t from, uintptr_t end, size_t bytes) const;

 private:
  mutable std::shared_mutex mutex_;
  std::map<uintptr_t, Allocation> live_;
  std::map<uintptr_t, Allocation> freed_;
};

// Grows with every removal; a cached lookup is valid as long as it stands still.
extern std::atomic<uint64_t> g_allocation_generation;
inline uint64_t allocation_generation() {
  return g_allocation_generation.load(std::memory_order_acquire);
}

AllocationTable& allocations();

}  // namespace emu
