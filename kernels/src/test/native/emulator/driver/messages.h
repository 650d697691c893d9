// SPDX-License-Identifier: Apache-2.0
// The emulator knows why a call failed; cuGetErrorString hands the sentence on.
#pragma once

#include <string>

#include "driver/cuda_api.h"

namespace emu {

// Remembers the sentence for this thread and, for asynchronous errors, for the whole process.
void remember_message(CUresult code, const std::string& message);

// Writes "[emu] ..." to standard error unless EMU_QUIET is set.
void complain(const std::string& message);

}  // namespace emu
