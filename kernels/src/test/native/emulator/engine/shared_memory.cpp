// SPDX-License-Identifier: Apache-2.0
#include "engine/shared_memory.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace emu {

namespace {

constexpr int kPoison = 0xff;

struct SegmentQuery {
  uintptr_t inside;  // an address of the library in question
  SharedSegment found;
};

int match_library(dl_phdr_info* info, size_t, void* argument) {
  auto* query = static_cast<SegmentQuery*>(argument);
  uintptr_t begin = ~uintptr_t{0};
  uintptr_t end = 0;
  SharedSegment segment;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const auto& header = info->dlpi_phdr[i];
    uintptr_t start = info->dlpi_addr + header.p_vaddr;
    if (header.p_type == PT_LOAD) {
      begin = std::min(begin, start);
      end = std::max(end, start + header.p_memsz);
    } else if (header.p_type == PT_TLS) {
      segment.base = static_cast<char*>(info->dlpi_tls_data);
      segment.bytes = header.p_memsz;
    }
  }
  if (query->inside < begin || query->inside >= end) return 0;
  segment.library_begin = begin;
  segment.library_end = end;
  query->found = segment;
  return 1;
}

SharedSegment find_segment(const EmuTwin* twin) {
  twin->touch_tls();  // creates this thread's copy
  SegmentQuery query{reinterpret_cast<uintptr_t>(twin), {}};
  dl_iterate_phdr(match_library, &query);
  return query.found;
}

}  // namespace

SharedMemory::SharedMemory() {
  void* map = mmap(nullptr, kRegionBytes + 2 * kPage, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (map == MAP_FAILED) {
    perror("[emu] no memory for dynamic shared memory");
    abort();
  }
  map_ = static_cast<char*>(map);
  mprotect(map_, kPage, PROT_NONE);
  mprotect(map_ + kPage + kRegionBytes, kPage, PROT_NONE);
}

SharedMemory::Twin& SharedMemory::open(const EmuTwin* twin) {
  auto known = twins_.find(twin);
  if (known != twins_.end()) return known->second;
  Twin& opened = twins_[twin];
  opened.segment = find_segment(twin);
  Dl_info info{};
  dladdr(twin, &info);
  opened.symbols = read_shared_symbols(info.dli_fname, opened.segment.bytes);
  if (opened.segment.bytes != 0) memset(opened.segment.base, kPoison, opened.segment.bytes);
  return opened;
}

void SharedMemory::begin_launch(const EmuTwin* twin, const EmuKernel* kernel,
                                size_t dynamic_bytes) {
  if (kernel != kernel_) {
    if (use_ != nullptr) fill(use_->ranges);  // what the kernel before left behind
    kernel_ = kernel;
    twin_ = &open(twin);
    fixed_ = twin_->segment;
    use_ = &uses_[kernel];
    if (use_->symbols.empty()) use_->symbols.resize(twin_->symbols.size());
  }
  dynamic_bytes_ = dynamic_bytes;
  size_t reserved = (dynamic_bytes + kAlignment - 1) / kAlignment * kAlignment;
  dynamic_ = map_ + kPage + kRegionBytes - reserved;
}

void SharedMemory::begin_block() {
  fill(use_->ranges);
  char* guard = map_ + kPage + kRegionBytes;
  if (dynamic_ != guard) memset(dynamic_, kPoison, static_cast<size_t>(guard - dynamic_));
}

void SharedMemory::end_block() {
  // Looking at everything is slow: it is done after blocks 1, 2, 4, 8... of the kernel.
  unsigned block = ++use_->blocks;
  if ((block & (block - 1)) != 0) return;
  for (size_t i = 0; i < twin_->symbols.size(); i++) {
    if (use_->symbols[i] || is_clean(twin_->symbols[i])) continue;
    use_->symbols[i] = true;
    use_->ranges.push_back(twin_->symbols[i]);
  }
}

bool SharedMemory::is_clean(const SharedSymbol& symbol) const {
  const char* start = fixed_.base + symbol.offset;
  return std::all_of(start, start + symbol.bytes,
                     [](char byte) { return byte == static_cast<char>(kPoison); });
}

void SharedMemory::fill(const std::vector<SharedSymbol>& ranges) {
  for (const SharedSymbol& range : ranges) memset(fixed_.base + range.offset, kPoison, range.bytes);
}

bool SharedMemory::slack_was_written() const {
  const char* guard = map_ + kPage + kRegionBytes;
  return std::any_of(static_cast<const char*>(dynamic_) + dynamic_bytes_, guard,
                     [](char byte) { return byte != static_cast<char>(kPoison); });
}

}  // namespace emu
