// SPDX-License-Identifier: Apache-2.0
// Large new memory reads as NaN too, but is filled in chunks when first touched: a KV pool of many
// gigabytes costs only what a test uses of it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace emu {

class LazyPoison {
 public:
  static bool worthwhile(size_t bytes) { return bytes > kEagerBytes; }
  // Takes access to the pages away; the first touch of each chunk brings it, poisoned.
  static void add(uintptr_t pages, size_t bytes);
  static void forget(uintptr_t pages);
  // Called by the signal handler: true if the address is accessible now.
  static bool handle_fault(uintptr_t address);

 private:
  static constexpr size_t kEagerBytes = 16 << 20;
};

}  // namespace emu
