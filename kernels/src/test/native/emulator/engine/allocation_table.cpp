// SPDX-License-Identifier: Apache-2.0
#include "engine/allocation_table.h"

#include <algorithm>
#include <mutex>

namespace emu {

std::atomic<uint64_t> g_allocation_generation{1};

namespace {

using Table = std::map<uintptr_t, Allocation>;

Table::const_iterator at_or_below(const Table& table, uintptr_t address) {
  auto above = table.upper_bound(address);
  return above == table.begin() ? table.end() : std::prev(above);
}

std::optional<Allocation> covering(const Table& table, uintptr_t address) {
  auto found = at_or_below(table, address);
  if (found == table.end() || !found->second.covers(address, 1)) return std::nullopt;
  return found->second;
}

}  // namespace

bool Reach::allows(const Allocation& allocation) const {
  return allocation.host || allocation.context == context ||
         std::find(peers.begin(), peers.end(), allocation.context) != peers.end();
}

void AllocationTable::add(const Allocation& allocation) {
  std::unique_lock<std::shared_mutex> lock(mutex_);
  // Addresses are used again only after a whole window was used up: forget what was there.
  auto old = freed_.lower_bound(allocation.base);
  while (old != freed_.end() && old->first < allocation.base + allocation.size) {
    old = freed_.erase(old);
  }
  live_[allocation.base] = allocation;
}

bool AllocationTable::remove(uintptr_t base) {
  std::unique_lock<std::shared_mutex> lock(mutex_);
  auto found = live_.find(base);
  if (found == live_.end()) return false;
  freed_[base] = found->second;
  live_.erase(found);
  g_allocation_generation.fetch_add(1, std::memory_order_release);
  return true;
}

std::optional<Allocation> AllocationTable::find(uintptr_t address) const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  return covering(live_, address);
}

std::optional<Allocation> AllocationTable::find_freed(uintptr_t address) const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  return covering(freed_, address);
}

std::optional<Allocation> AllocationTable::nearest_below(uintptr_t address) const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  auto found = at_or_below(live_, address);
  if (found == live_.end()) return std::nullopt;
  return found->second;
}

std::vector<Allocation> AllocationTable::live() const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  std::vector<Allocation> result;
  for (const auto& entry : live_) result.push_back(entry.second);
  return result;
}

uintptr_t AllocationTable::find_gap(uintptr_t from, uintptr_t end, size_t bytes) const {
  constexpr uintptr_t kSlack = 8192;  // pages round an allocation's own bytes, guard included
  std::shared_lock<std::shared_mutex> lock(mutex_);
  uintptr_t start = from;
  auto next = live_.lower_bound(from);
  if (next != live_.begin()) {
    const Allocation& below = std::prev(next)->second;
    uintptr_t below_end = (below.base + below.size + kSlack) & ~uintptr_t{4095};
    if (below.base < from && below_end > start) start = below_end;
  }
  for (; next != live_.end() && next->first < end; ++next) {
    if (start + bytes + kSlack <= next->first) return start;
    start = (next->second.base + next->second.size + kSlack) & ~uintptr_t{4095};
  }
  return start + bytes <= end ? start : 0;
}

AllocationTable& allocations() {
  static AllocationTable& table = *new AllocationTable;  // outlives every thread at exit
  return table;
}

}  // namespace emu
