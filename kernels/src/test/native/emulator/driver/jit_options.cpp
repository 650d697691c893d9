// SPDX-License-Identifier: Apache-2.0
#include "driver/jit_options.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace emu {

JitOptions::JitOptions(unsigned count, const CUjit_option* options, void** values) {
  for (unsigned i = 0; i < count; i++) {
    auto number = reinterpret_cast<uintptr_t>(values[i]);
    if (options[i] == CU_JIT_ERROR_LOG_BUFFER) {
      error_log_ = static_cast<char*>(values[i]);
    } else if (options[i] == CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES) {
      error_log_bytes_ = number;
    } else if (options[i] == CU_JIT_TARGET) {
      target = static_cast<int>(number);
    }
  }
}

void JitOptions::write_error(const std::string& text) const {
  if (error_log_ == nullptr || error_log_bytes_ == 0) return;
  size_t length = std::min(text.size(), error_log_bytes_ - 1);
  memcpy(error_log_, text.data(), length);
  error_log_[length] = '\0';
}

}  // namespace emu
