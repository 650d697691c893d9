// SPDX-License-Identifier: Apache-2.0
// Allocation calls.
#include <algorithm>
#include <cstring>

#include "driver/call.h"
#include "driver/contexts.h"
#include "driver/executor.h"
#include "driver/memory.h"
#include "driver/streams.h"

namespace emu {

namespace {

uintptr_t number(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

CUresult allocate_noted(Call& call, size_t bytes, bool host, uintptr_t* address) {
  call.note("bytes", bytes);
  Result result = allocate(call.context(), bytes, host, address);
  if (!result.ok()) return call.fail(result);
  call.note("address", *address);
  return CUDA_SUCCESS;
}

CUresult free_noted(Call& call, uintptr_t address, bool host) {
  Allocation allocation;
  Result found = find_freeable(call.context(), address, host, &allocation);
  if (!found.ok()) return call.fail(found);
  call.note("bytes", allocation.size);
  // Freeing waits for all work of the context, as the driver does.
  if (CUresult code = wait_for_context(call.lock, call.context())) return code;
  found = find_freeable(call.context(), address, host, &allocation);  // the wait let others in
  if (!found.ok()) return call.fail(found);
  Result result = release(allocation);
  return result.ok() ? CUDA_SUCCESS : call.fail(result);
}

// Memory that is allocated or freed when the stream gets there.
class StreamFree : public Work {
 public:
  explicit StreamFree(const Allocation& allocation) : allocation_(allocation) {}
  Result run() const override {
    std::lock_guard<std::mutex> lock(driver().mutex);
    auto still = allocations().find(allocation_.base);
    if (!still || still->id != allocation_.id) {
      return {CUDA_ERROR_INVALID_VALUE, "double free of " + describe(allocation_)};
    }
    return release(allocation_);
  }
  WorkKind kind() const override { return WorkKind::kMemory; }
  std::string name() const override { return "free"; }

 private:
  Allocation allocation_;
};

class StreamPoison : public Work {
 public:
  StreamPoison(uintptr_t address, size_t bytes) : address_(address), bytes_(bytes) {}
  Result run() const override {
    memset(reinterpret_cast<void*>(address_), 0xff, bytes_);
    return Result();
  }
  WorkKind kind() const override { return WorkKind::kMemory; }
  std::string name() const override { return "allocate"; }

 private:
  uintptr_t address_;
  size_t bytes_;
};

}  // namespace

EMU_API cuMemGetInfo_v2(size_t* free, size_t* total) {
  return api_in_context("cuMemGetInfo_v2", [&](Call& call) {
    const Device& device = call.device();
    *total = device.spec->bytes;
    *free = device.limit - std::min(device.limit, device.used);
    return CUDA_SUCCESS;
  });
}

EMU_API cuMemAlloc_v2(CUdeviceptr* out, size_t bytes) {
  return api_in_context("cuMemAlloc_v2", [&](Call& call) {
    if (CUresult code = call.forbid_in_capture()) return code;
    uintptr_t address = 0;
    CUresult code = allocate_noted(call, bytes, false, &address);
    if (code == CUDA_SUCCESS) *out = address;
    return code;
  });
}

EMU_API cuMemFree_v2(CUdeviceptr pointer) {
  return api_in_context("cuMemFree_v2", [&](Call& call) {
    if (CUresult code = call.forbid_in_capture()) return code;
    return pointer == 0 ? CUDA_SUCCESS : free_noted(call, pointer, false);
  });
}

EMU_API cuMemHostAlloc(void** out, size_t bytes, unsigned flags) {
  return api_in_context("cuMemHostAlloc", [&](Call& call) {
    if (CUresult code = call.forbid_in_capture()) return code;
    if (flags > 7) return call.fail(CUDA_ERROR_INVALID_VALUE, "unknown flags");
    uintptr_t address = 0;
    CUresult code = allocate_noted(call, bytes, true, &address);
    if (code == CUDA_SUCCESS) *out = reinterpret_cast<void*>(address);
    return code;
  });
}

EMU_API cuMemAllocHost_v2(void** out, size_t bytes) { return cuMemHostAlloc(out, bytes, 0); }

EMU_API cuMemFreeHost(void* pointer) {
  return api_in_context("cuMemFreeHost", [&](Call& call) {
    if (CUresult code = call.forbid_in_capture()) return code;
    return free_noted(call, number(pointer), true);
  });
}

EMU_API cuMemHostGetDevicePointer_v2(CUdeviceptr* out, void* pointer, unsigned flags) {
  return api_in_context("cuMemHostGetDevicePointer_v2", [&](Call& call) {
    if (flags != 0) return call.fail(CUDA_ERROR_INVALID_VALUE, "flags must be 0");
    if (!is_pinned(number(pointer), 1)) {
      return call.fail(CUDA_ERROR_INVALID_VALUE, "neither pinned nor registered memory");
    }
    *out = number(pointer);  // one address space, as on every 64-bit system
    return CUDA_SUCCESS;
  });
}

EMU_API cuMemHostGetFlags(unsigned* out, void* pointer) {
  return api_in_context("cuMemHostGetFlags", [&](Call& call) {
    if (!is_pinned(number(pointer), 1))
      return call.fail(CUDA_ERROR_INVALID_VALUE, "not pinned memory");
    *out = CU_MEMHOSTALLOC_DEVICEMAP | CU_MEMHOSTALLOC_PORTABLE;
    return CUDA_SUCCESS;
  });
}

EMU_API cuMemHostRegister_v2(void* pointer, size_t bytes, unsigned) {
  return api_in_context("cuMemHostRegister_v2", [&](Call& call) {
    if (CUresult code = call.forbid_in_capture()) return code;
    if (pointer == nullptr || bytes == 0) {
      return call.fail(CUDA_ERROR_INVALID_VALUE, "null or empty range");
    }
    uintptr_t address = number(pointer);
    auto below = allocations().nearest_below(address + bytes - 1);
    if (below && below->base + below->size > address) {
      return call.fail(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED, "overlaps " + describe(*below));
    }
    Allocation allocation;
    allocation.base = address;
    allocation.size = bytes;
    allocation.context = call.context().number;
    allocation.device = call.device().ordinal;
    allocation.host = true;
    allocation.registered = true;
    allocations().add(allocation);
    return CUDA_SUCCESS;
  });
}

EMU_API cuMemHostUnregister(void* pointer) {
  return api_in_context("cuMemHostUnregister", [&](Call& call) {
    if (CUresult code = call.forbid_in_capture()) return code;
    auto found = allocations().find(number(pointer));
    if (!found || !found->registered || found->base != number(pointer)) {
      return call.fail(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED,
                       "not the start of a registered range");
    }
    if (CUresult code = wait_for_context(call.lock, call.context())) return code;
    allocations().remove(found->base);
    return CUDA_SUCCESS;
  });
}

// The address is valid at once; before the stream gets there its bytes are poison.
EMU_API cuMemAllocAsync(CUdeviceptr* out, size_t bytes, CUstream handle) {
  return api_in_context("cuMemAllocAsync", [&](Call& call) {
    StreamChoice choice(call, handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    if (choice.stream->capture != nullptr) {
      return call.fail(CUDA_ERROR_NOT_SUPPORTED, "memory nodes of graphs are not emulated");
    }
    uintptr_t address = 0;
    if (CUresult code = allocate_noted(call, bytes, false, &address)) return code;
    *out = address;
    // Large memory is poisoned lazily already.
    if (bytes > (16 << 20)) return CUDA_SUCCESS;
    return enqueue(call, choice.stream, std::make_shared<StreamPoison>(address, bytes));
  });
}

EMU_API cuMemFreeAsync(CUdeviceptr pointer, CUstream handle) {
  return api_in_context("cuMemFreeAsync", [&](Call& call) {
    StreamChoice choice(call, handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    if (choice.stream->capture != nullptr) {
      return call.fail(CUDA_ERROR_NOT_SUPPORTED, "memory nodes of graphs are not emulated");
    }
    Allocation allocation;
    Result found = find_freeable(call.context(), pointer, false, &allocation);
    if (!found.ok()) return call.fail(found);
    return enqueue(call, choice.stream, std::make_shared<StreamFree>(allocation));
  });
}

EMU_API cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr pointer) {
  return api_in_context("cuMemGetAddressRange_v2", [&](Call& call) {
    auto found = allocations().find(pointer);
    if (!found) return call.fail(CUDA_ERROR_NOT_FOUND, "not a device pointer");
    if (base != nullptr) *base = found->base;
    if (bytes != nullptr) *bytes = found->size;
    return CUDA_SUCCESS;
  });
}

EMU_API cuPointerGetAttribute(void* out, CUpointer_attribute attribute, CUdeviceptr pointer) {
  return api("cuPointerGetAttribute", [&](Call& call) {
    auto found = allocations().find(pointer);
    if (!found) return call.fail(CUDA_ERROR_INVALID_VALUE, "not a device pointer");
    const Context& owner = *driver().contexts[found->context - 1];
    switch (attribute) {
      case CU_POINTER_ATTRIBUTE_CONTEXT:
        *static_cast<CUcontext*>(out) = owner.handle;
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
        *static_cast<unsigned*>(out) = found->host ? CU_MEMORYTYPE_HOST : CU_MEMORYTYPE_DEVICE;
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_DEVICE_POINTER:
        *static_cast<CUdeviceptr*>(out) = pointer;
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_HOST_POINTER:
        if (!found->host) return call.fail(CUDA_ERROR_INVALID_VALUE, "not host memory");
        *static_cast<void**>(out) = reinterpret_cast<void*>(pointer);
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_BUFFER_ID:
        *static_cast<unsigned long long*>(out) = found->id;
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_IS_MANAGED: *static_cast<unsigned*>(out) = 0; return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
        *static_cast<int*>(out) = found->device;
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_RANGE_START_ADDR:
        *static_cast<CUdeviceptr*>(out) = found->base;
        return CUDA_SUCCESS;
      case CU_POINTER_ATTRIBUTE_RANGE_SIZE:
        *static_cast<size_t*>(out) = found->size;
        return CUDA_SUCCESS;
      default:
        return call.fail(CUDA_ERROR_NOT_SUPPORTED,
                         "attribute " + std::to_string(attribute) + " is not emulated");
    }
  });
}

}  // namespace emu
