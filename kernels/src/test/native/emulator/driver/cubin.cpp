// SPDX-License-Identifier: Apache-2.0
// Cubins are ELF files of machine 190. What the driver checks at a launch stands in the sections
// .nv.info (attributes of all kernels) and .nv.info.NAME (of one); their records are
// {format, attribute, 16-bit size or value, payload}.
#include "driver/cubin.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "driver/ptx.h"

namespace emu {

namespace {

constexpr uint16_t kMachineCuda = 190;
constexpr int kAbiCuda13 = 8;  // e_flags got a new layout with CUDA 13
constexpr uint8_t kFormatSized = 4;
constexpr uint8_t kMaxThreads = 0x05;
constexpr uint8_t kFrameSize = 0x11;
constexpr uint8_t kKernelParameter = 0x17;
constexpr uint8_t kRegisterCount = 0x2f;
constexpr unsigned char kEntryFunction = 0x10;  // in st_other: a kernel, not a device function
constexpr const char* kPtxSection = ".emu.ptx";

struct Elf {
  const uint8_t* data;
  const Elf64_Ehdr* header;
  const Elf64_Shdr* sections;

  explicit Elf(const uint8_t* bytes)
      : data(bytes),
        header(reinterpret_cast<const Elf64_Ehdr*>(bytes)),
        sections(reinterpret_cast<const Elf64_Shdr*>(bytes + header->e_shoff)) {}

  std::string name(int section) const {
    const Elf64_Shdr& names = sections[header->e_shstrndx];
    return reinterpret_cast<const char*>(data + names.sh_offset + sections[section].sh_name);
  }
  const Elf64_Shdr* symbol_table() const {
    for (int i = 0; i < header->e_shnum; i++) {
      if (sections[i].sh_type == SHT_SYMTAB) return &sections[i];
    }
    return nullptr;
  }
  const Elf64_Sym& symbol_at(const Elf64_Shdr& table, uint64_t index) const {
    return reinterpret_cast<const Elf64_Sym*>(data + table.sh_offset)[index];
  }
  std::string symbol(uint64_t index) const {
    const Elf64_Shdr* table = symbol_table();
    if (table == nullptr) return "";
    const Elf64_Shdr& strings = sections[table->sh_link];
    return reinterpret_cast<const char*>(data + strings.sh_offset + symbol_at(*table, index).st_name);
  }
};

uint32_t word(const uint8_t* at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

void read_attribute(const Elf& elf, const std::string& kernel, uint8_t attribute,
                    const uint8_t* payload, Image* image) {
  switch (attribute) {
    case kKernelParameter: {
      auto& sizes = image->kernels[kernel].parameter_bytes;
      size_t ordinal = word(payload + 4) & 0xffff;
      if (sizes.size() <= ordinal) sizes.resize(ordinal + 1);
      sizes[ordinal] = static_cast<int>(word(payload + 8) >> 18);
      break;
    }
    case kMaxThreads:
      image->kernels[kernel].max_threads =
          static_cast<int>(word(payload) * word(payload + 4) * word(payload + 8));
      break;
    case kRegisterCount:
      image->kernels[elf.symbol(word(payload))].registers = static_cast<int>(word(payload + 4));
      break;
    case kFrameSize:
      image->kernels[elf.symbol(word(payload))].stack_bytes = static_cast<int>(word(payload + 4));
      break;
    default:
      break;
  }
}

void read_attributes(const Elf& elf, int section, const std::string& kernel, Image* image) {
  const uint8_t* at = elf.data + elf.sections[section].sh_offset;
  const uint8_t* end = at + elf.sections[section].sh_size;
  while (at + 4 <= end) {
    size_t payload = at[0] == kFormatSized ? word(at) >> 16 : 0;
    if (payload != 0) read_attribute(elf, kernel, at[1], at + 4, image);
    at += 4 + payload;
  }
}

Target target_of(const Elf& elf) {
  Target target;
  uint32_t flags = elf.header->e_flags;
  bool new_layout = elf.header->e_ident[EI_ABIVERSION] >= kAbiCuda13;
  target.arch = static_cast<int>(new_layout ? flags >> 8 & 0xff : flags & 0xff);
  // Only the compiler's note tells sm_90 from sm_90a.
  for (int i = 0; i < elf.header->e_shnum; i++) {
    if (elf.name(i) != ".note.nv.tkinfo") continue;
    auto* start = reinterpret_cast<const char*>(elf.data + elf.sections[i].sh_offset);
    std::string note(start, elf.sections[i].sh_size);
    size_t at = note.find("-arch sm_" + std::to_string(target.arch));
    if (at == std::string::npos) continue;
    char suffix = note[at + 9 + std::to_string(target.arch).size()];
    if (suffix == 'a' || suffix == 'f') target.suffix = suffix;
  }
  return target;
}

// Attributes are also given for device functions that were not inlined.
void keep_entries_only(const Elf& elf, Image* image) {
  std::map<std::string, KernelInfo> entries;
  const Elf64_Shdr* table = elf.symbol_table();
  for (uint64_t i = 0; table != nullptr && i < table->sh_size / sizeof(Elf64_Sym); i++) {
    const Elf64_Sym& symbol = elf.symbol_at(*table, i);
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || (symbol.st_other & kEntryFunction) == 0) continue;
    std::string name = elf.symbol(i);
    entries[name] = image->kernels[name];
  }
  image->kernels = std::move(entries);
}

}  // namespace

size_t cubin_size(const uint8_t* data) {
  Elf elf(data);
  size_t end = elf.header->e_shoff + size_t{elf.header->e_shnum} * elf.header->e_shentsize;
  end = std::max<size_t>(end, elf.header->e_phoff + size_t{elf.header->e_phnum} * elf.header->e_phentsize);
  for (int i = 0; i < elf.header->e_shnum; i++) {
    if (elf.sections[i].sh_type == SHT_NOBITS) continue;
    end = std::max<size_t>(end, elf.sections[i].sh_offset + elf.sections[i].sh_size);
  }
  return end;
}

bool read_cubin(ImageBytes bytes, Image* image, std::string* error) {
  Elf elf(bytes.data);
  if (elf.header->e_machine != kMachineCuda) {
    *error = "an ELF file, but not for a CUDA device";
    return false;
  }
  image->cubin_abi = elf.header->e_ident[EI_ABIVERSION];
  image->target = image->source = target_of(elf);
  image->fingerprint = fingerprint(bytes);
  for (int i = 0; i < elf.header->e_shnum; i++) {
    std::string name = elf.name(i);
    const uint8_t* start = bytes.data + elf.sections[i].sh_offset;
    if (name == kPtxSection) {
      Target linked_for = image->target;
      std::string text(reinterpret_cast<const char*>(start), elf.sections[i].sh_size);
      bool good = read_ptx(text, image, error);
      image->fingerprint = fingerprint({start, elf.sections[i].sh_size});
      image->linked = true;
      image->source = image->target;
      image->target = linked_for;
      return good;
    }
    if (name.rfind(".nv.shared.", 0) == 0) {
      image->kernels[name.substr(11)].static_shared_bytes = static_cast<int>(elf.sections[i].sh_size);
    } else if (name == ".nv.info" || name.rfind(".nv.info.", 0) == 0) {
      read_attributes(elf, i, name.size() > 9 ? name.substr(9) : "", image);
    }
  }
  keep_entries_only(elf, image);
  return true;
}

std::vector<uint8_t> make_linked_cubin(ImageBytes ptx, int arch) {
  const std::string names = std::string("\0.shstrtab\0", 11) + kPtxSection + '\0';
  Elf64_Ehdr header{};
  memcpy(header.e_ident, "\177ELF\2\1\1", 7);
  header.e_ident[EI_OSABI] = 0x41;
  header.e_ident[EI_ABIVERSION] = kAbiCuda13;
  header.e_type = ET_EXEC;
  header.e_machine = kMachineCuda;
  header.e_version = 1;
  header.e_flags = static_cast<uint32_t>(arch) << 8 | 4;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 3;
  header.e_shstrndx = 1;
  header.e_shoff = sizeof header;
  Elf64_Shdr sections[3]{};
  sections[1].sh_name = 1;
  sections[1].sh_type = SHT_STRTAB;
  sections[1].sh_offset = sizeof header + sizeof sections;
  sections[1].sh_size = names.size();
  sections[2].sh_name = 11;
  sections[2].sh_type = SHT_PROGBITS;
  sections[2].sh_offset = sections[1].sh_offset + names.size();
  sections[2].sh_size = ptx.size;

  std::vector<uint8_t> file;
  auto put = [&file](const void* data, size_t size) {
    auto* bytes = static_cast<const uint8_t*>(data);
    file.insert(file.end(), bytes, bytes + size);
  };
  put(&header, sizeof header);
  put(sections, sizeof sections);
  put(names.data(), names.size());
  put(ptx.data, ptx.size);
  return file;
}

}  // namespace emu
