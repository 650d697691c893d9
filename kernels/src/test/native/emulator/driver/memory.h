// SPDX-License-Identifier: Apache-2.0
// Device memory: real pages at addresses that say which device they belong to, flush against a
// guard page, full of NaN when new, and never used again soon.
#pragma once

#include <mutex>
#include <string>

#include "driver/objects.h"
#include "engine/allocation_table.h"

namespace emu {

Result reserve_address_space(size_t devices);

// `host`: pinned memory, which is not charged to the device.
Result allocate(Context& context, size_t bytes, bool host, uintptr_t* address);

// Unmaps; an error if the bytes behind the allocation were overwritten.
Result release(const Allocation& allocation);

// The allocation that starts at `address` and may be freed in this context, or why not.
Result find_freeable(const Context& context, uintptr_t address, bool host, Allocation* found);

// Frees what a context leaves behind; returns how many device allocations that were.
size_t free_all_of(Context& context);

// Whether [address, address + bytes) is memory that calls in `context` may use.
Result check_range(const Context& context, uintptr_t address, size_t bytes);

// Whether all bytes are pinned or registered host memory.
bool is_pinned(uintptr_t address, size_t bytes);

Reach reach_of(const Context& context);

std::string describe(const Allocation& allocation);

}  // namespace emu
