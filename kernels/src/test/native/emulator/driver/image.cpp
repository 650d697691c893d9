// SPDX-License-Identifier: Apache-2.0
#include "driver/image.h"

#include <cstring>

#include "driver/cubin.h"
#include "driver/ptx.h"

namespace emu {

namespace {

// Layout of a fatbin: a 16-byte header, then entries with headers of their own.
constexpr uint32_t kFatbinMagic = 0xBA55ED50;
constexpr uint16_t kEntryPtx = 1;
constexpr uint64_t kFlagArchSpecific = 1 << 20;
constexpr uint64_t kFlagFamily = 1 << 21;

template <class T>
T load(const uint8_t* at) {
  T value;
  memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

bool is_fatbin(const void* data) { return load<uint32_t>(static_cast<const uint8_t*>(data)) == kFatbinMagic; }

bool is_elf(const void* data) { return memcmp(data, "\177ELF", 4) == 0; }

std::vector<FatbinEntry> fatbin_entries(const uint8_t* data) {
  std::vector<FatbinEntry> entries;
  size_t header = load<uint16_t>(data + 6);
  const uint8_t* end = data + header + load<uint64_t>(data + 8);
  for (const uint8_t* at = data + header; at < end;) {
    size_t entry_header = load<uint32_t>(at + 4);
    size_t size = load<uint64_t>(at + 8);
    uint64_t flags = load<uint64_t>(at + 40);
    FatbinEntry entry;
    entry.ptx = load<uint16_t>(at) == kEntryPtx;
    entry.target.arch = static_cast<int>(load<uint32_t>(at + 28));
    if ((flags & kFlagArchSpecific) != 0) entry.target.suffix = 'a';
    if ((flags & kFlagFamily) != 0) entry.target.suffix = 'f';
    entry.bytes = {at + entry_header, size};
    if (entry.ptx) entry.bytes.size = strnlen(reinterpret_cast<const char*>(entry.bytes.data), size);
    entries.push_back(entry);
    at += entry_header + size;
  }
  return entries;
}

ImageBytes measure(const void* data) {
  auto* bytes = static_cast<const uint8_t*>(data);
  if (is_elf(data)) return {bytes, cubin_size(bytes)};
  return {bytes, strlen(static_cast<const char*>(data))};
}

uint64_t fingerprint(ImageBytes bytes) {  // FNV-1a
  uint64_t hash = 14695981039346656037ull;
  for (size_t i = 0; i < bytes.size; i++) hash = (hash ^ bytes.data[i]) * 1099511628211ull;
  return hash;
}

bool read_image(ImageBytes bytes, Image* image, std::string* error) {
  if (is_elf(bytes.data)) return read_cubin(bytes, image, error);
  image->ptx = true;
  image->fingerprint = fingerprint(bytes);
  std::string text(reinterpret_cast<const char*>(bytes.data), bytes.size);
  bool good = read_ptx(text, image, error);
  image->source = image->target;
  return good;
}

bool fits(const Target& image, bool ptx, int device_arch) {
  if (image.suffix == 'a') return image.arch == device_arch;
  bool same_major = image.arch / 10 == device_arch / 10;
  bool not_newer = image.arch <= device_arch;
  return not_newer && (ptx && image.suffix == 0 ? true : same_major);
}

}  // namespace emu
