// SPDX-License-Identifier: Apache-2.0
// A piece of work for a device, as a stream or a graph holds it. Immutable, so that a graph can run
// it again and again.
#pragma once

#include "driver/result.h"

namespace emu {

enum class WorkKind { kKernel, kCopy, kFill, kHost, kMemory, kMarker };

class Work {
 public:
  virtual ~Work() = default;
  // Runs on the device's executor thread (host functions: on its callback thread), unlocked.
  virtual Result run() const = 0;
  virtual WorkKind kind() const = 0;
  // What fault rules and messages call it: the kernel's name, "copy", "fill", "host".
  virtual std::string name() const = 0;
};

}  // namespace emu
