// SPDX-License-Identifier: Apache-2.0
// One kernel launch as the engine sees it.
#pragma once

#include <cstddef>
#include <string>

#include "abi/twin_abi.h"
#include "engine/allocation_table.h"

namespace emu {

// The few result codes that come from running a kernel; their numbers are those of CUresult.
enum KernelFault {
  kNoFault = 0,
  kIllegalAddress = 700,
  kLaunchTimeout = 702,
  kLaunchFailed = 719,
};

struct Launch {
  const EmuTwin* twin = nullptr;
  const EmuKernel* kernel = nullptr;
  void** params = nullptr;     // one pointer per parameter, into the bytes that follow
  uintptr_t params_begin = 0;  // where pointers and values are stored: kernels read them there
  uintptr_t params_end = 0;
  EmuU3 grid{1, 1, 1};
  EmuU3 block{1, 1, 1};
  size_t dynamic_bytes = 0;
  int device = 0;
  Reach reach;
  bool reverse = false;  // lanes, warps and blocks run from the last to the first
};

struct LaunchResult {
  int code = kNoFault;
  std::string message;
};

}  // namespace emu
