// SPDX-License-Identifier: Apache-2.0
#include "engine/lazy_poison.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstring>

namespace emu {

namespace {

constexpr size_t kChunk = 256 << 10;
constexpr int kMaxRanges = 4096;

struct Range {
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  unsigned char* filled = nullptr;  // one flag per chunk

  size_t chunks() const { return (end - 1) / kChunk - begin / kChunk + 1; }
};

Range g_ranges[kMaxRanges];
std::atomic<int> g_range_count{0};
std::atomic_flag g_busy = ATOMIC_FLAG_INIT;

// A spin lock, because a signal handler takes it. Its holders never fault in here.
struct Busy {
  Busy() {
    while (g_busy.test_and_set(std::memory_order_acquire)) {
    }
  }
  ~Busy() { g_busy.clear(std::memory_order_release); }
};

unsigned char* new_flags(size_t count) {
  void* flags = mmap(nullptr, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return flags == MAP_FAILED ? nullptr : static_cast<unsigned char*>(flags);
}

}  // namespace

void LazyPoison::add(uintptr_t pages, size_t bytes) {
  Busy busy;
  int count = g_range_count;
  int slot = 0;
  while (slot < count && g_ranges[slot].begin != 0) slot++;
  if (slot == kMaxRanges) return;  // reads as zero then
  Range& range = g_ranges[slot];
  range.end = pages + bytes;
  range.begin = pages;
  range.filled = new_flags(range.chunks());
  if (range.filled == nullptr) {
    range.begin = 0;
    return;
  }
  mprotect(reinterpret_cast<void*>(pages), bytes, PROT_NONE);
  if (slot == count) g_range_count = count + 1;
}

void LazyPoison::forget(uintptr_t pages) {
  Busy busy;
  for (int i = 0; i < g_range_count; i++) {
    if (g_ranges[i].begin != pages) continue;
    munmap(g_ranges[i].filled, g_ranges[i].chunks());
    g_ranges[i].begin = 0;
  }
}

bool LazyPoison::handle_fault(uintptr_t address) {
  Busy busy;
  for (int i = 0; i < g_range_count; i++) {
    uintptr_t begin = g_ranges[i].begin;
    uintptr_t end = g_ranges[i].end;
    if (begin == 0 || address < begin || address >= end) continue;
    unsigned char& filled = g_ranges[i].filled[address / kChunk - begin / kChunk];
    if (filled != 0) return true;  // by another thread, while this one was on its way here
    uintptr_t chunk = std::max(begin, address / kChunk * kChunk);
    size_t bytes = std::min(end, address / kChunk * kChunk + kChunk) - chunk;
    // Filled elsewhere and moved in at once, so that nobody sees or loses half of it.
    void* fresh = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fresh == MAP_FAILED) return false;
    memset(fresh, 0xff, bytes);
    filled = mremap(fresh, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
                    reinterpret_cast<void*>(chunk)) != MAP_FAILED;
    return filled != 0;
  }
  return false;
}

}  // namespace emu
