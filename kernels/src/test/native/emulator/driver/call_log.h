// SPDX-License-Identifier: Apache-2.0
// One JSON line per API call in the file EMU_LOG, for tests that ask who called what from where.
#pragma once

#include <cstdint>
#include <string>

namespace emu {

class CallLog {
 public:
  // Empty path: off.
  static void open(const std::string& path);
  static bool enabled();
  // `fields` is a list of "key":value pairs, each with a leading comma.
  static void write(const char* call, int result, const std::string& fields);
};

std::string json_text(const std::string& text);

}  // namespace emu
