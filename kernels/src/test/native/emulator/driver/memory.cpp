// SPDX-License-Identifier: Apache-2.0
#include "driver/memory.h"

#include <algorithm>

#include "driver/address_space.h"
#include "driver/driver.h"
#include "driver/messages.h"

namespace emu {

namespace {

uint64_t g_last_id = 0;

// What an allocation costs: small ones are rounded up as a driver's allocator would.
size_t charged(size_t bytes) { return (bytes + 511) / 512 * 512; }

Result invalid(std::string message) { return {CUDA_ERROR_INVALID_VALUE, std::move(message)}; }

}  // namespace

Result reserve_address_space(size_t devices) {
  bool good = reserve_window(kHostSlot);
  for (size_t i = 0; i < devices; i++) good &= reserve_window(static_cast<int>(i));
  if (good) return Result();
  return {CUDA_ERROR_OPERATING_SYSTEM, "the address ranges of the emulated devices are taken"};
}

Result allocate(Context& context, size_t bytes, bool host, uintptr_t* address) {
  if (bytes == 0) return invalid("allocation of zero bytes");
  Device& device = *context.device;
  bool fits = host || (bytes <= device.limit && device.used + charged(bytes) <= device.limit);
  Placement placement = fits ? place(host ? kHostSlot : device.ordinal, bytes) : Placement{0, 0, 0};
  if (placement.base == 0 || !map_pages(placement)) {
    return {CUDA_ERROR_OUT_OF_MEMORY,
            std::to_string(bytes) + " bytes wanted, " +
                std::to_string(device.limit - std::min(device.limit, device.used)) +
                " free on device " + std::to_string(device.ordinal)};
  }
  fill_new(placement, bytes, host);
  if (!host) {
    device.used += charged(bytes);
    device.peak = std::max(device.peak, device.used);
  }
  Allocation allocation;
  allocation.base = placement.base;
  allocation.size = bytes;
  allocation.id = ++g_last_id;
  allocation.context = context.number;
  allocation.device = device.ordinal;
  allocation.host = host;
  allocations().add(allocation);
  *address = placement.base;
  return Result();
}

Result release(const Allocation& allocation) {
  Result result;
  if (!allocation.registered && !padding_is_intact(allocation.base, allocation.size)) {
    result = {CUDA_ERROR_ILLEGAL_ADDRESS,
              "bytes behind " + describe(allocation) + " were overwritten"};
  }
  allocations().remove(allocation.base);
  if (!allocation.registered) unmap_pages(placement_of(allocation.base, allocation.size));
  if (!allocation.host) {
    driver().devices[static_cast<size_t>(allocation.device)]->used -= charged(allocation.size);
  }
  return result;
}

Result find_freeable(const Context& context, uintptr_t address, bool host, Allocation* found) {
  auto allocation = allocations().find(address);
  if (!allocation || allocation->base != address) {
    auto before = allocations().find_freed(address);
    if (before && before->base == address) return invalid("double free of " + describe(*before));
    return invalid("free of something that is not an allocation");
  }
  if (allocation->host != host || allocation->registered) {
    return invalid("wrong kind of free for " + describe(*allocation));
  }
  if (!host && allocation->context != context.number) {
    return invalid("free of " + describe(*allocation) + " in another context");
  }
  *found = *allocation;
  return Result();
}

size_t free_all_of(Context& context) {
  size_t leaked = 0;
  for (const Allocation& allocation : allocations().live()) {
    if (allocation.context != context.number || allocation.host) continue;
    complain(describe(allocation) + " leaked: its context went away");
    Result result = release(allocation);
    if (!result.ok()) complain(result.message);
    leaked++;
  }
  return leaked;
}

Result check_range(const Context& context, uintptr_t address, size_t bytes) {
  auto allocation = allocations().find(address);
  if (!allocation) {
    auto before = allocations().find_freed(address);
    return invalid(before ? "use after free of " + describe(*before) : "not a device pointer");
  }
  if (!allocation->covers(address, bytes)) {
    size_t past = address + bytes - allocation->base - allocation->size;
    return invalid(std::to_string(past) + " bytes past the end of " + describe(*allocation));
  }
  if (!allocation->host && allocation->context != context.number) {
    return invalid(describe(*allocation) + " belongs to context " +
                   std::to_string(allocation->context) + ", current is context " +
                   std::to_string(context.number) + " of device " +
                   std::to_string(context.device->ordinal));
  }
  return Result();
}

bool is_pinned(uintptr_t address, size_t bytes) {
  auto allocation = allocations().find(address);
  return allocation && allocation->host && allocation->covers(address, bytes);
}

Reach reach_of(const Context& context) {
  Reach reach;
  reach.context = context.number;
  reach.peers.assign(context.peers.begin(), context.peers.end());
  return reach;
}

std::string describe(const Allocation& allocation) {
  std::string kind = allocation.host ? "pinned host allocation #" : "allocation #";
  std::string where = allocation.host ? "" : " on device " + std::to_string(allocation.device);
  return kind + std::to_string(allocation.id) + " of " + std::to_string(allocation.size) +
         " bytes" + where;
}

}  // namespace emu
