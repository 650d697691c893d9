// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace emu {

// Pieces between separators; empty text has no pieces.
std::vector<std::string> split(const std::string& text, char separator);

bool starts_with(const std::string& text, const std::string& prefix);

// The whole text as a decimal number.
std::optional<int64_t> parse_number(const std::string& text);

// "512", "4K", "16M", "40G" in powers of 1024; fractions are allowed ("0.5G").
std::optional<uint64_t> parse_bytes(const std::string& text);

std::string environment(const char* name, const char* otherwise);

}  // namespace emu
