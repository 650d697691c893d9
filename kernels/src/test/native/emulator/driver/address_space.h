// SPDX-License-Identifier: Apache-2.0
// Pages within the windows of devices.
#pragma once

#include <cstddef>
#include <cstdint>

namespace emu {

constexpr size_t kPage = 4096;

// Room of one allocation: the bytes, padded to 256, end at a guard page.
struct Placement {
  uintptr_t base;   // what the caller gets
  uintptr_t pages;  // first page
  size_t mapped;    // bytes of pages, guard excluded
};

// The padding behind `size` bytes is filled with a pattern, checked when the memory is freed: a
// write there stays on mapped pages, so no fault would tell.
constexpr size_t kPadding = 256;
size_t padded(size_t size);

bool reserve_window(int slot);
// Zero base if there is no room.
Placement place(int slot, size_t size);
Placement placement_of(uintptr_t base, size_t size);
bool map_pages(const Placement& placement);
void unmap_pages(const Placement& placement);

// Poisons new memory and marks the padding. Host memory is not poisoned lazily: a system call that
// reads a file into it would fail where a load would fault; beyond 16 MiB it is left zero.
void fill_new(const Placement& placement, size_t size, bool host);
bool padding_is_intact(uintptr_t base, size_t size);

}  // namespace emu
