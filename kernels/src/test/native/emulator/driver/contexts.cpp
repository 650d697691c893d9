// SPDX-License-Identifier: Apache-2.0
#include "driver/contexts.h"

#include <algorithm>

#include "driver/call.h"
#include "driver/executor.h"
#include "driver/graph.h"
#include "driver/memory.h"
#include "driver/messages.h"
#include "driver/modules.h"

namespace emu {

namespace {

thread_local std::vector<Context*> t_stack;

bool is_device(CUdevice ordinal) {
  return ordinal >= 0 && ordinal < static_cast<int>(driver().devices.size());
}

Context* create_context(Device& device, unsigned flags) {
  Driver& state = driver();
  state.contexts.push_back(std::make_unique<Context>());
  Context* context = state.contexts.back().get();
  context->number = state.contexts.size();
  context->handle = reinterpret_cast<CUcontext>(next_handle());
  context->device = &device;
  context->flags = flags;
  context->null_stream = std::make_shared<Stream>();
  context->null_stream->context = context;
  context->null_stream->null = true;
  state.context_handles[context->handle] = context;
  state.counters.contexts_created++;
  return context;
}

void remove_from_stack(Context* context) {
  t_stack.erase(std::remove(t_stack.begin(), t_stack.end(), context), t_stack.end());
}

CUresult primary(Call& call, CUdevice ordinal, Device** device) {
  if (!is_device(ordinal)) return call.fail(CUDA_ERROR_INVALID_DEVICE, "no such device");
  *device = driver().devices[static_cast<size_t>(ordinal)].get();
  call.note("dev", static_cast<uint64_t>(ordinal));
  return CUDA_SUCCESS;
}

}  // namespace

Context* current_context() { return t_stack.empty() ? nullptr : t_stack.back(); }

Context* find_context(CUcontext handle) {
  auto found = driver().context_handles.find(handle);
  return found == driver().context_handles.end() ? nullptr : found->second;
}

void destroy_context(Context& context, std::unique_lock<std::mutex>& lock) {
  Driver& state = driver();
  context.device->executor->resume_hung();
  wait_for_context(lock, context);
  // A sticky error leaves running work behind that still uses the context's memory.
  for (const auto& stream : context.streams) Executor::request(*stream, stream->enqueued);
  Executor::request(*context.null_stream, context.null_stream->enqueued);
  state.changed.wait(lock, [&context] {
    bool idle = context.null_stream->idle();
    for (const auto& stream : context.streams) idle &= stream->idle();
    return idle;
  });
  size_t leaked = free_all_of(context);
  if (leaked != 0) state.counters.contexts_leaking++;
  auto ours = [&context](const auto& object) { return object.context == &context; };
  state.streams.erase_if(ours);
  state.events.erase_if(ours);
  state.functions.erase_if([&](const Function& f) { return f.module->context == &context; });
  state.modules.erase_if(ours);
  state.executable_graphs.erase_if(ours);
  context.streams.clear();
  state.context_handles.erase(context.handle);
  context.alive = false;
  state.counters.contexts_destroyed++;
  state.changed.notify_all();
}

EMU_API cuCtxCreate_v2(CUcontext* out, unsigned flags, CUdevice ordinal) {
  return api("cuCtxCreate_v2", [&](Call& call) {
    Device* device = nullptr;
    if (CUresult code = primary(call, ordinal, &device)) return code;
    Context* context = create_context(*device, flags);
    t_stack.push_back(context);
    *out = context->handle;
    call.note("ctx", context->number);
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxDestroy_v2(CUcontext handle) {
  return api("cuCtxDestroy_v2", [&](Call& call) {
    Context* context = find_context(handle);
    if (context == nullptr || context->primary) {
      return call.fail(CUDA_ERROR_INVALID_CONTEXT, "no context that cuCtxCreate made");
    }
    call.note("ctx", context->number);
    destroy_context(*context, call.lock);
    if (current_context() == context) t_stack.pop_back();
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxSetCurrent(CUcontext handle) {
  return api("cuCtxSetCurrent", [&](Call& call) {
    Context* context = handle == nullptr ? nullptr : find_context(handle);
    if (handle != nullptr && context == nullptr) {
      return call.fail(CUDA_ERROR_INVALID_CONTEXT, "no such context");
    }
    if (!t_stack.empty()) t_stack.pop_back();
    if (context != nullptr) t_stack.push_back(context);
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxGetCurrent(CUcontext* out) {
  return api("cuCtxGetCurrent", [&](Call&) {
    Context* context = current_context();
    *out = context != nullptr ? context->handle : nullptr;
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxPushCurrent_v2(CUcontext handle) {
  return api("cuCtxPushCurrent_v2", [&](Call& call) {
    Context* context = find_context(handle);
    if (context == nullptr) return call.fail(CUDA_ERROR_INVALID_CONTEXT, "no such context");
    t_stack.push_back(context);
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxPopCurrent_v2(CUcontext* out) {
  return api("cuCtxPopCurrent_v2", [&](Call& call) {
    if (t_stack.empty()) return call.fail(CUDA_ERROR_INVALID_CONTEXT, "the stack is empty");
    if (out != nullptr) *out = t_stack.back()->handle;
    t_stack.pop_back();
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxGetDevice(CUdevice* out) {
  return api_in_context("cuCtxGetDevice", [&](Call& call) {
    *out = call.device().ordinal;
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxGetFlags(unsigned* out) {
  return api_in_context("cuCtxGetFlags", [&](Call& call) {
    *out = call.context().flags;
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxGetId(CUcontext handle, unsigned long long* out) {
  return api("cuCtxGetId", [&](Call& call) {
    Context* context = handle == nullptr ? current_context() : find_context(handle);
    if (context == nullptr) return call.fail(CUDA_ERROR_INVALID_CONTEXT, "no such context");
    *out = context->number;
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxGetApiVersion(CUcontext handle, unsigned* out) {
  return api("cuCtxGetApiVersion", [&](Call& call) {
    if (handle != nullptr && find_context(handle) == nullptr) {
      return call.fail(CUDA_ERROR_INVALID_CONTEXT, "no such context");
    }
    *out = 3020;  // what real drivers say for contexts of the _v2 interface
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxSynchronize() {
  return api_in_context("cuCtxSynchronize", [&](Call& call) {
    if (CUresult code = call.forbid_in_capture()) return code;
    return wait_for_context(call.lock, call.context());
  });
}

EMU_API cuCtxGetStreamPriorityRange(int* least, int* greatest) {
  return api_in_context("cuCtxGetStreamPriorityRange", [&](Call&) {
    if (least != nullptr) *least = 0;
    if (greatest != nullptr) *greatest = -5;
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxSetLimit(CUlimit limit, size_t value) {
  return api_in_context("cuCtxSetLimit", [&](Call& call) {
    call.context().limits[limit] = value;
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxGetLimit(size_t* out, CUlimit limit) {
  return api_in_context("cuCtxGetLimit", [&](Call& call) {
    auto found = call.context().limits.find(limit);
    size_t otherwise = limit == CU_LIMIT_STACK_SIZE ? 1024 : 0;
    *out = found == call.context().limits.end() ? otherwise : found->second;
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxSetCacheConfig(CUfunc_cache) {
  return api_in_context("cuCtxSetCacheConfig", [](Call&) { return CUDA_SUCCESS; });
}

EMU_API cuDevicePrimaryCtxRetain(CUcontext* out, CUdevice ordinal) {
  return api("cuDevicePrimaryCtxRetain", [&](Call& call) {
    Device* device = nullptr;
    if (CUresult code = primary(call, ordinal, &device)) return code;
    if (device->primary == nullptr) {
      device->primary = create_context(*device, device->primary_flags);
      device->primary->primary = true;
    }
    device->primary_references++;
    call.note("ctx", device->primary->number);
    *out = device->primary->handle;
    return CUDA_SUCCESS;
  });
}

EMU_API cuDevicePrimaryCtxRelease_v2(CUdevice ordinal) {
  return api("cuDevicePrimaryCtxRelease_v2", [&](Call& call) {
    Device* device = nullptr;
    if (CUresult code = primary(call, ordinal, &device)) return code;
    if (device->primary_references == 0) {
      return call.fail(CUDA_ERROR_INVALID_CONTEXT, "the primary context is not retained");
    }
    if (--device->primary_references > 0) return CUDA_SUCCESS;
    Context* context = std::exchange(device->primary, nullptr);
    destroy_context(*context, call.lock);
    return CUDA_SUCCESS;
  });
}

EMU_API cuDevicePrimaryCtxReset_v2(CUdevice ordinal) {
  return api("cuDevicePrimaryCtxReset_v2", [&](Call& call) {
    Device* device = nullptr;
    if (CUresult code = primary(call, ordinal, &device)) return code;
    Context* context = std::exchange(device->primary, nullptr);
    device->primary_references = 0;
    if (context != nullptr) destroy_context(*context, call.lock);
    remove_from_stack(context);
    return CUDA_SUCCESS;
  });
}

EMU_API cuDevicePrimaryCtxGetState(CUdevice ordinal, unsigned* flags, int* active) {
  return api("cuDevicePrimaryCtxGetState", [&](Call& call) {
    Device* device = nullptr;
    if (CUresult code = primary(call, ordinal, &device)) return code;
    *flags = device->primary_flags;
    *active = device->primary != nullptr ? 1 : 0;
    return CUDA_SUCCESS;
  });
}

EMU_API cuDevicePrimaryCtxSetFlags_v2(CUdevice ordinal, unsigned flags) {
  return api("cuDevicePrimaryCtxSetFlags_v2", [&](Call& call) {
    Device* device = nullptr;
    if (CUresult code = primary(call, ordinal, &device)) return code;
    device->primary_flags = flags;
    if (device->primary != nullptr) device->primary->flags = flags;
    return CUDA_SUCCESS;
  });
}

// Peer access is between contexts: kernels of the current one may then use the other's memory.
EMU_API cuDeviceCanAccessPeer(int* out, CUdevice device, CUdevice peer) {
  return api("cuDeviceCanAccessPeer", [&](Call& call) {
    if (!is_device(device) || !is_device(peer)) {
      return call.fail(CUDA_ERROR_INVALID_DEVICE, "no such device");
    }
    *out = device != peer ? 1 : 0;
    return CUDA_SUCCESS;
  });
}

EMU_API cuCtxEnablePeerAccess(CUcontext handle, unsigned flags) {
  return api_in_context("cuCtxEnablePeerAccess", [&](Call& call) {
    Context* peer = find_context(handle);
    if (flags != 0) return call.fail(CUDA_ERROR_INVALID_VALUE, "flags must be 0");
    if (peer == nullptr || peer == &call.context()) {
      return call.fail(CUDA_ERROR_INVALID_CONTEXT, "not another living context");
    }
    bool added = call.context().peers.insert(peer->number).second;
    return added ? CUDA_SUCCESS
                 : call.fail(CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED, "already enabled");
  });
}

EMU_API cuCtxDisablePeerAccess(CUcontext handle) {
  return api_in_context("cuCtxDisablePeerAccess", [&](Call& call) {
    Context* peer = find_context(handle);
    if (peer == nullptr) return call.fail(CUDA_ERROR_INVALID_CONTEXT, "no such context");
    bool removed = call.context().peers.erase(peer->number) != 0;
    return removed ? CUDA_SUCCESS : call.fail(CUDA_ERROR_PEER_ACCESS_NOT_ENABLED, "not enabled");
  });
}

}  // namespace emu
