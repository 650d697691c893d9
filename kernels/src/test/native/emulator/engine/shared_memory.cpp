// SPDX-License-Identifier: Apache-2.0
#include "engine/shared_memory.h"

#include <link.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace emu {

namespace {

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

void SharedMemory::begin_launch(const EmuTwin* twin, size_t dynamic_bytes) {
  auto known = segments_.find(twin);
  if (known == segments_.end()) known = segments_.emplace(twin, find_segment(twin)).first;
  fixed_ = known->second;
  dynamic_bytes_ = dynamic_bytes;
  size_t reserved = (dynamic_bytes + kAlignment - 1) / kAlignment * kAlignment;
  dynamic_ = map_ + kPage + kRegionBytes - reserved;
}

void SharedMemory::poison() {
  if (fixed_.bytes != 0) memset(fixed_.base, 0xff, fixed_.bytes);
  char* guard = map_ + kPage + kRegionBytes;
  if (dynamic_ != guard) memset(dynamic_, 0xff, static_cast<size_t>(guard - dynamic_));
}

bool SharedMemory::slack_was_written() const {
  const char* guard = map_ + kPage + kRegionBytes;
  return std::any_of(static_cast<const char*>(dynamic_) + dynamic_bytes_, guard,
                     [](char byte) { return byte != static_cast<char>(0xff); });
}

}  // namespace emu
