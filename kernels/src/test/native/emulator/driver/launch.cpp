// SPDX-License-Identifier: Apache-2.0
// cuLaunchKernel and host functions.
#include <cstring>

#include "driver/call.h"
#include "driver/executor.h"
#include "driver/memory.h"
#include "driver/modules.h"
#include "driver/streams.h"

namespace emu {

namespace {

constexpr int kRegistersPerBlock = 65536;

std::string dimensions(EmuU3 d) {
  return std::to_string(d.x) + "x" + std::to_string(d.y) + "x" + std::to_string(d.z);
}

// The values of a launch's parameters, copied when the call is made as the driver does, and in
// front of them the pointers that the engine hands to the twin.
class Parameters {
 public:
  Parameters(const EmuKernel& kernel, void** values) {
    size_t count = static_cast<size_t>(kernel.nparams);
    size_t at = units(count * sizeof(void*));
    size_t total = at;
    for (size_t i = 0; i < count; i++) total += units(kernel.param_size[i]);
    storage_.resize(total);
    for (size_t i = 0; i < count; i++) {
      memcpy(&storage_[at], values[i], kernel.param_size[i]);
      pointers()[i] = &storage_[at];
      at += units(kernel.param_size[i]);
    }
  }
  Parameters(const Parameters&) = delete;

  void** pointers() const { return reinterpret_cast<void**>(const_cast<Unit*>(storage_.data())); }
  uintptr_t begin() const { return reinterpret_cast<uintptr_t>(storage_.data()); }
  uintptr_t end() const { return begin() + storage_.size() * sizeof(Unit); }

 private:
  struct alignas(16) Unit {  // the strictest alignment that a parameter type has
    uint8_t bytes[16];
  };
  static size_t units(size_t bytes) { return (bytes + sizeof(Unit) - 1) / sizeof(Unit); }

  std::vector<Unit> storage_;
};

class KernelRun : public Work {
 public:
  KernelRun(Context& context, std::shared_ptr<Function> function, EmuU3 grid, EmuU3 block,
            size_t dynamic_bytes, void** values)
      : context_(context),
        function_(std::move(function)),
        grid_(grid),
        block_(block),
        dynamic_bytes_(dynamic_bytes),
        parameters_(*function_->kernel, values) {}

  Result run() const override {
    Launch launch;
    {
      std::lock_guard<std::mutex> lock(driver().mutex);
      launch.reach = reach_of(context_);
      Result result = check_pointers(launch.reach);
      if (!result.ok()) return result;
    }
    launch.twin = function_->module->twin;
    launch.kernel = function_->kernel;
    launch.params = parameters_.pointers();
    launch.params_begin = parameters_.begin();
    launch.params_end = parameters_.end();
    launch.grid = grid_;
    launch.block = block_;
    launch.dynamic_bytes = dynamic_bytes_;
    launch.device = context_.device->ordinal;
    launch.reverse = context_.device->spec->reverse;
    driver().counters.kernels_run++;
    LaunchResult outcome = context_.device->executor->engine().run(launch);
    return {static_cast<CUresult>(outcome.code), outcome.message};
  }
  WorkKind kind() const override { return WorkKind::kKernel; }
  std::string name() const override { return function_->name; }

 private:
  Result check_pointers(const Reach& reach) const;

  Context& context_;
  std::shared_ptr<Function> function_;
  EmuU3 grid_, block_;
  size_t dynamic_bytes_;
  Parameters parameters_;
};

Result KernelRun::check_pointers(const Reach& reach) const {
  if (!function_->module->loaded) {
    return {CUDA_ERROR_ILLEGAL_ADDRESS, function_->name + ": its module was unloaded"};
  }
  const EmuKernel& kernel = *function_->kernel;
  for (int i = 0; i < kernel.nparams; i++) {
    if (kernel.param_is_ptr[i] == 0) continue;
    uintptr_t address;
    memcpy(&address, parameters_.pointers()[i], sizeof address);
    if (address == 0) continue;
    std::string which = function_->name + ": parameter " + std::to_string(i);
    auto allocation = allocations().find(address);
    if (!allocation) {
      auto before = allocations().find_freed(address);
      return {CUDA_ERROR_ILLEGAL_ADDRESS, which + (before ? " was freed: " + describe(*before)
                                                          : " is not a live device pointer")};
    }
    if (!reach.allows(*allocation)) {
      return {CUDA_ERROR_ILLEGAL_ADDRESS, which + " points to " + describe(*allocation) +
                                              " of context " + std::to_string(allocation->context) +
                                              ", launched in context " +
                                              std::to_string(context_.number) + " on device " +
                                              std::to_string(context_.device->ordinal)};
    }
  }
  return Result();
}

class HostFunction : public Work {
 public:
  HostFunction(CUhostFn function, void* argument) : function_(function), argument_(argument) {}
  Result run() const override {
    function_(argument_);
    return Result();
  }
  WorkKind kind() const override { return WorkKind::kHost; }
  std::string name() const override { return "host"; }

 private:
  CUhostFn function_;
  void* argument_;
};

Result check_shape(const Device& device, const Function& function, EmuU3 grid, EmuU3 block,
                   size_t dynamic_bytes) {
  auto invalid = [&](const std::string& why) {
    return Result{CUDA_ERROR_INVALID_VALUE, function.name + ": " + why};
  };
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7fffffffu || grid.y > 65535 ||
      grid.z > 65535) {
    return invalid("bad grid " + dimensions(grid));
  }
  unsigned long long threads = 1ull * block.x * block.y * block.z;
  if (threads == 0 || threads > 1024 || block.x > 1024 || block.y > 1024 || block.z > 64) {
    return invalid("bad block " + dimensions(block));
  }
  if (static_cast<int>(threads) > function.info.max_threads) {
    return invalid(std::to_string(threads) + " threads, __launch_bounds__ allows " +
                   std::to_string(function.info.max_threads));
  }
  if (static_cast<long long>(dynamic_bytes) > function.dynamic_shared_limit) {
    return invalid(std::to_string(dynamic_bytes) + " bytes of dynamic shared memory, opted into " +
                   std::to_string(function.dynamic_shared_limit));
  }
  size_t shared = dynamic_bytes + static_cast<size_t>(function.info.static_shared_bytes);
  if (shared > device.spec->shared_bytes_opt_in()) {
    return invalid(std::to_string(shared) + " bytes of shared memory are more than the device has");
  }
  // Registers are given out to warps, in units of 8 a thread.
  int warps = static_cast<int>(threads + 31) / 32;
  if ((function.info.registers + 7) / 8 * 8 * warps * 32 > kRegistersPerBlock) {
    return {CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
            function.name + ": too many registers for this block"};
  }
  return Result();
}

}  // namespace

EMU_API cuLaunchKernel(CUfunction handle, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                       unsigned block_x, unsigned block_y, unsigned block_z, unsigned dynamic_bytes,
                       CUstream stream_handle, void** params, void** extra) {
  Call call("cuLaunchKernel");
  std::shared_ptr<Function> function = driver().functions.find(handle);
  CUresult begun = call.begin_in_context(function != nullptr ? function->name : "");
  if (begun != CUDA_SUCCESS) return call.end(begun);
  auto body = [&]() -> CUresult {
    if (function == nullptr) {
      return call.fail(CUDA_ERROR_INVALID_HANDLE, "no such function (module unloaded?)");
    }
    call.note("kernel", function->name);
    const Context& owner = *function->module->context;
    if (&owner != &call.context()) {
      return call.fail(CUDA_ERROR_INVALID_HANDLE,
                       function->name + ": module of context " + std::to_string(owner.number) +
                           " (device " + std::to_string(owner.device->ordinal) +
                           "), current is context " + std::to_string(call.context().number) +
                           " (device " + std::to_string(call.device().ordinal) + ")");
    }
    StreamChoice choice(call, stream_handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    EmuU3 grid{grid_x, grid_y, grid_z};
    EmuU3 block{block_x, block_y, block_z};
    call.note("grid", dimensions(grid));
    call.note("block", dimensions(block));
    Result shape = check_shape(call.device(), *function, grid, block, dynamic_bytes);
    if (!shape.ok()) return call.fail(shape);
    int count = function->kernel->nparams;
    if (extra != nullptr || (count != 0 && params == nullptr)) {
      return call.fail(CUDA_ERROR_INVALID_VALUE, function->name + ": kernelParams expected");
    }
    for (int i = 0; i < count; i++) {
      if (params[i] == nullptr) {
        return call.fail(CUDA_ERROR_INVALID_VALUE,
                         function->name + ": parameter " + std::to_string(i) + " is null");
      }
    }
    driver().counters.launches++;
    return enqueue(
        call, choice.stream,
        std::make_shared<KernelRun>(call.context(), function, grid, block, dynamic_bytes, params));
  };
  return call.end(body());
}

EMU_API cuLaunchHostFunc(CUstream stream_handle, CUhostFn function, void* argument) {
  return api_in_context("cuLaunchHostFunc", [&](Call& call) {
    StreamChoice choice(call, stream_handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    if (function == nullptr) return call.fail(CUDA_ERROR_INVALID_VALUE, "no function");
    return enqueue(call, choice.stream, std::make_shared<HostFunction>(function, argument));
  });
}

}  // namespace emu
