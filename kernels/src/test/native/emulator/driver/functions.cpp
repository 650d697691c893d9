// SPDX-License-Identifier: Apache-2.0
// Attributes and occupancy of kernels.
#include <algorithm>

#include "driver/call.h"
#include "driver/modules.h"

namespace emu {

namespace {

struct FunctionChoice {
  FunctionChoice(Call& call, CUfunction handle) : function(driver().functions.find(handle)) {
    if (function == nullptr)
      code = call.fail(CUDA_ERROR_INVALID_HANDLE, "no such function");
    else
      call.note("kernel", function->name);
  }
  std::shared_ptr<Function> function;
  CUresult code = CUDA_SUCCESS;
};

// Blocks that fit a multiprocessor at once; each block also reserves 1 KiB of shared memory on
// devices after Turing.
int active_blocks(const DeviceSpec& spec, const Function& function, int threads,
                  size_t dynamic_bytes) {
  int warps = (threads + 31) / 32;
  int by_threads = spec.threads_per_multiprocessor() / (warps * 32);
  int registers = std::max(1, (function.info.registers + 7) / 8 * 8) * warps * 32;
  int by_registers = 65536 / registers;
  size_t shared = dynamic_bytes + static_cast<size_t>(function.info.static_shared_bytes) +
                  (spec.arch >= 80 ? 1024 : 0);
  int by_shared =
      shared == 0 ? 1024 : static_cast<int>(spec.shared_bytes_per_multiprocessor() / shared);
  return std::min({by_threads, by_registers, by_shared, spec.blocks_per_multiprocessor()});
}

CUresult occupancy(Call& call, int* out, CUfunction handle, int threads, size_t dynamic_bytes) {
  FunctionChoice choice(call, handle);
  if (choice.code != CUDA_SUCCESS) return choice.code;
  if (threads < 1 || threads > 1024) {
    return call.fail(CUDA_ERROR_INVALID_VALUE, std::to_string(threads) + " threads");
  }
  bool possible = threads <= choice.function->info.max_threads &&
                  static_cast<long long>(dynamic_bytes) <= choice.function->dynamic_shared_limit;
  *out =
      possible ? active_blocks(*call.device().spec, *choice.function, threads, dynamic_bytes) : 0;
  return CUDA_SUCCESS;
}

}  // namespace

EMU_API cuFuncGetAttribute(int* out, CUfunction_attribute attribute, CUfunction handle) {
  return api_in_context("cuFuncGetAttribute", [&](Call& call) {
    FunctionChoice choice(call, handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    const Function& function = *choice.function;
    switch (attribute) {
      case CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK: *out = function.info.max_threads; break;
      case CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES: *out = function.info.static_shared_bytes; break;
      case CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES: *out = function.info.stack_bytes; break;
      case CU_FUNC_ATTRIBUTE_NUM_REGS: *out = function.info.registers; break;
      case CU_FUNC_ATTRIBUTE_PTX_VERSION:
      case CU_FUNC_ATTRIBUTE_BINARY_VERSION: *out = function.target.arch; break;
      case CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES:
        *out = function.dynamic_shared_limit;
        break;
      case CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT: *out = -1; break;
      default: *out = 0; break;
    }
    return CUDA_SUCCESS;
  });
}

EMU_API cuFuncSetAttribute(CUfunction handle, CUfunction_attribute attribute, int value) {
  return api_in_context("cuFuncSetAttribute", [&](Call& call) {
    FunctionChoice choice(call, handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    Function& function = *choice.function;
    if (attribute == CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT) {
      bool good = value >= -1 && value <= 100;
      return good ? CUDA_SUCCESS : call.fail(CUDA_ERROR_INVALID_VALUE, "not a percentage");
    }
    if (attribute != CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES) {
      return call.fail(CUDA_ERROR_INVALID_VALUE, "this attribute cannot be set");
    }
    long long most = static_cast<long long>(call.device().spec->shared_bytes_opt_in()) -
                     function.info.static_shared_bytes;
    if (value < 0 || value > most) {
      return call.fail(CUDA_ERROR_INVALID_VALUE,
                       function.name + ": " + std::to_string(value) +
                           " bytes of dynamic shared memory, the device allows " +
                           std::to_string(most));
    }
    function.dynamic_shared_limit = value;
    call.note("bytes", static_cast<uint64_t>(value));
    return CUDA_SUCCESS;
  });
}

EMU_API cuFuncSetCacheConfig(CUfunction handle, CUfunc_cache) {
  return api_in_context("cuFuncSetCacheConfig",
                        [&](Call& call) { return FunctionChoice(call, handle).code; });
}

EMU_API cuFuncGetModule(CUmodule* out, CUfunction handle) {
  return api_in_context("cuFuncGetModule", [&](Call& call) {
    FunctionChoice choice(call, handle);
    if (choice.code == CUDA_SUCCESS) *out = choice.function->module->handle;
    return choice.code;
  });
}

EMU_API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* out, CUfunction function, int threads,
                                                    size_t dynamic_bytes) {
  return api_in_context("cuOccupancyMaxActiveBlocksPerMultiprocessor", [&](Call& call) {
    return occupancy(call, out, function, threads, dynamic_bytes);
  });
}

EMU_API cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* out, CUfunction function,
                                                             int threads, size_t dynamic_bytes,
                                                             unsigned) {
  return api_in_context("cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags", [&](Call& call) {
    return occupancy(call, out, function, threads, dynamic_bytes);
  });
}

}  // namespace emu
