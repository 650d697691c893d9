// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "driver/cuda_api.h"

namespace emu {

// What callers may ask of the driver's compiler, as far as it is emulated.
struct JitOptions {
  JitOptions() = default;
  JitOptions(unsigned count, const CUjit_option* options, void** values);

  int target = 0;  // CU_JIT_TARGET: architecture, 0 = the device's

  // Writes the caller's error log.
  void write_error(const std::string& text) const;

 private:
  char* error_log_ = nullptr;
  size_t error_log_bytes_ = 0;
};

}  // namespace emu
