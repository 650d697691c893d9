// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "driver/cuda_api.h"

namespace emu {

// A driver code and, unless it is success, what exactly was wrong.
struct Result {
  CUresult code = CUDA_SUCCESS;
  std::string message;

  bool ok() const { return code == CUDA_SUCCESS; }
};

}  // namespace emu
