// SPDX-License-Identifier: Apache-2.0
#include "driver/text.h"

#include <cstdlib>

namespace emu {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> pieces;
  size_t start = 0;
  while (start < text.size()) {
    size_t end = text.find(separator, start);
    if (end == std::string::npos) end = text.size();
    pieces.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return pieces;
}

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

std::optional<int64_t> parse_number(const std::string& text) {
  char* end = nullptr;
  int64_t value = strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0') return std::nullopt;
  return value;
}

std::optional<uint64_t> parse_bytes(const std::string& text) {
  char* end = nullptr;
  double value = strtod(text.c_str(), &end);
  if (end == text.c_str() || value < 0) return std::nullopt;
  std::string unit = end;
  if (unit == "K")
    value *= 1024.0;
  else if (unit == "M")
    value *= 1024.0 * 1024;
  else if (unit == "G")
    value *= 1024.0 * 1024 * 1024;
  else if (!unit.empty())
    return std::nullopt;
  return static_cast<uint64_t>(value);
}

std::string environment(const char* name, const char* otherwise) {
  const char* value = getenv(name);
  return value != nullptr ? value : otherwise;
}

}  // namespace emu
