// SPDX-License-Identifier: Apache-2.0
// The __shared__ variables of a twin: its thread-local symbols.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace emu {

struct SharedSymbol {
  size_t offset = 0;  // in the thread-local segment
  size_t bytes = 0;
};

// Sorted by offset. A library without a symbol table gives one symbol of all `segment_bytes`.
std::vector<SharedSymbol> read_shared_symbols(const std::string& library, size_t segment_bytes);

}  // namespace emu
