// SPDX-License-Identifier: Apache-2.0
#include "engine/shared_symbols.h"

#include <elf.h>

#include <algorithm>
#include <fstream>

namespace emu {

namespace {

template <class T>
std::vector<T> read_table(std::ifstream& file, size_t offset, size_t bytes) {
  std::vector<T> table(bytes / sizeof(T));
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(table.data()),
            static_cast<std::streamsize>(table.size() * sizeof(T)));
  return table;
}

}  // namespace

std::vector<SharedSymbol> read_shared_symbols(const std::string& library, size_t segment_bytes) {
  std::vector<SharedSymbol> symbols;
  std::ifstream file(library, std::ios::binary);
  Elf64_Ehdr header{};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  size_t section_bytes = size_t{header.e_shnum} * sizeof(Elf64_Shdr);
  for (const Elf64_Shdr& section : read_table<Elf64_Shdr>(file, header.e_shoff, section_bytes)) {
    if (section.sh_type != SHT_SYMTAB) continue;
    for (const Elf64_Sym& symbol :
         read_table<Elf64_Sym>(file, section.sh_offset, section.sh_size)) {
      bool defined = ELF64_ST_TYPE(symbol.st_info) == STT_TLS && symbol.st_shndx != SHN_UNDEF;
      if (!defined || symbol.st_value + symbol.st_size > segment_bytes) continue;
      symbols.push_back({symbol.st_value, symbol.st_size});
    }
  }
  if (symbols.empty()) symbols.push_back({0, segment_bytes});
  std::sort(symbols.begin(), symbols.end(),
            [](const SharedSymbol& a, const SharedSymbol& b) { return a.offset < b.offset; });
  return symbols;
}

}  // namespace emu
