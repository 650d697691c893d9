// SPDX-License-Identifier: Apache-2.0
// What happened since the process started; read with the private attributes of the README.
#pragma once

#include <atomic>
#include <cstdint>

namespace emu {

struct Counters {
  using Count = std::atomic<uint64_t>;

  Count calls{0};       // API calls
  Count violations{0};  // calls and kernels that broke a rule of ours or of CUDA
  Count contexts_created{0};
  Count contexts_destroyed{0};
  Count contexts_leaking{0};  // destroyed with live allocations
  Count launches{0};          // cuLaunchKernel calls that were accepted
  Count graph_launches{0};
  Count kernels_run{0};  // executions, graphs included
  Count copies{0};
  Count modules_loaded{0};
  Count links{0};        // PTX compilations, by cuLink or on loading PTX
  Count hanging{0};      // calls that a planted hang holds now
  Count unsupported{0};  // calls of functions that are not emulated
};

}  // namespace emu
