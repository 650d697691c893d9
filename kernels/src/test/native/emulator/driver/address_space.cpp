// SPDX-License-Identifier: Apache-2.0
#include "driver/address_space.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "engine/allocation_table.h"
#include "engine/lazy_poison.h"

namespace emu {

namespace {

constexpr int kPattern = 0xa5;
uintptr_t g_next[16];

uintptr_t window_start(int slot) {
  return kWindowBase + static_cast<uintptr_t>(slot) * kWindowBytes + kPage;
}

}  // namespace

size_t padded(size_t size) { return (size + kPadding - 1) / kPadding * kPadding; }

bool reserve_window(int slot) {
  void* wanted = reinterpret_cast<void*>(window_start(slot) - kPage);
  void* got = mmap(wanted, kWindowBytes, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  g_next[slot] = window_start(slot);
  return got == wanted;
}

Placement placement_of(uintptr_t base, size_t size) {
  size_t body = padded(size);
  size_t mapped = (body + kPage - 1) / kPage * kPage;
  return {base, base + body - mapped, mapped};
}

// Addresses are handed out in ascending order and used again only when the window is used up.
Placement place(int slot, size_t size) {
  size_t body = padded(size);
  size_t mapped = (body + kPage - 1) / kPage * kPage;
  uintptr_t end = window_start(slot) + kWindowBytes - 2 * kPage;
  uintptr_t pages = allocations().find_gap(g_next[slot], end, mapped + kPage);
  if (pages == 0) pages = allocations().find_gap(window_start(slot), end, mapped + kPage);
  if (pages == 0) return {0, 0, 0};
  g_next[slot] = pages + mapped + kPage;
  return {pages + mapped - body, pages, mapped};
}

bool map_pages(const Placement& placement) {
  return mmap(reinterpret_cast<void*>(placement.pages), placement.mapped, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
}

void unmap_pages(const Placement& placement) {
  LazyPoison::forget(placement.pages);
  mmap(reinterpret_cast<void*>(placement.pages), placement.mapped, PROT_NONE,
       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

void fill_new(const Placement& placement, size_t size, bool host) {
  size_t eager = placement.mapped;
  if (LazyPoison::worthwhile(placement.mapped)) {
    // All but the last page, where the padding lies.
    eager = kPage;
    if (!host) LazyPoison::add(placement.pages, placement.mapped - kPage);
  }
  uintptr_t end = placement.pages + placement.mapped;
  memset(reinterpret_cast<void*>(end - eager), 0xff, eager);
  memset(reinterpret_cast<void*>(placement.base + size), kPattern, padded(size) - size);
}

bool padding_is_intact(uintptr_t base, size_t size) {
  auto* byte = reinterpret_cast<const unsigned char*>(base);
  return std::all_of(byte + size, byte + padded(size), [](int value) { return value == kPattern; });
}

}  // namespace emu
