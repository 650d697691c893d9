// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>

#include "abi/twin_abi.h"
#include "driver/image.h"
#include "driver/objects.h"

namespace emu {

struct Module {
  uint64_t number = 0;
  CUmodule handle = nullptr;
  Context* context = nullptr;
  const EmuTwin* twin = nullptr;
  bool loaded = true;
  std::map<std::string, CUfunction> functions;
};

struct Function {
  std::string name;
  std::shared_ptr<Module> module;
  const EmuKernel* kernel = nullptr;
  KernelInfo info;
  int dynamic_shared_limit = 48 << 10;
  Target target;
  bool linked = false;  // no cubin: registers and shared memory are not known
};

// Loads a fatbin, a cubin or PTX in a context, by the rules of the real driver.
Result load_module(Context& context, const void* data, std::shared_ptr<Module>* module);

}  // namespace emu
