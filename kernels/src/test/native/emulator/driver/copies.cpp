// SPDX-License-Identifier: Apache-2.0
// Copies and fills. Ranges are checked when the call is made and again when the work is executed,
// which may be much later (streams) or many times (graphs).
#include <algorithm>
#include <cstring>

#include "driver/call.h"
#include "driver/contexts.h"
#include "driver/memory.h"
#include "driver/streams.h"

namespace emu {

namespace {

// One side of a copy: device memory of a context, or host memory.
struct Side {
  uintptr_t address = 0;
  Context* context = nullptr;  // null: host memory

  Result check(size_t bytes) const {
    return context == nullptr ? Result() : check_range(*context, address, bytes);
  }
};

Side device(Context& context, CUdeviceptr address) { return {address, &context}; }
Side host(const void* address) { return {reinterpret_cast<uintptr_t>(address), nullptr}; }

// `height` rows of `width` bytes; a plain copy is one row.
struct Rectangle {
  size_t width = 0;
  size_t height = 1;
  size_t target_pitch = 0;
  size_t source_pitch = 0;

  static size_t span(size_t pitch, size_t width, size_t height) {
    return width == 0 || height == 0 ? 0 : pitch * (height - 1) + width;
  }
  size_t target_bytes() const { return span(target_pitch, width, height); }
  size_t source_bytes() const { return span(source_pitch, width, height); }
};

Result as_execution_error(Result result, const char* what) {
  if (result.ok()) return result;
  return {CUDA_ERROR_ILLEGAL_ADDRESS, std::string(what) + ": " + result.message};
}

class Copy : public Work {
 public:
  Copy(Side target, Side source, Rectangle shape)
      : target_(target), source_(source), shape_(shape) {}

  Result check() const {
    Result result = target_.check(shape_.target_bytes());
    return result.ok() ? source_.check(shape_.source_bytes()) : result;
  }
  Result run() const override {
    Result result = as_execution_error(check(), "copy");
    if (!result.ok()) return result;
    driver().counters.copies++;
    for (size_t row = 0; row < shape_.height; row++) {
      memmove(reinterpret_cast<void*>(target_.address + row * shape_.target_pitch),
              reinterpret_cast<const void*>(source_.address + row * shape_.source_pitch),
              shape_.width);
    }
    return Result();
  }
  WorkKind kind() const override { return WorkKind::kCopy; }
  std::string name() const override { return "copy"; }

 private:
  Side target_, source_;
  Rectangle shape_;
};

template <class T>
class Fill : public Work {
 public:
  Fill(Context& context, CUdeviceptr address, T value, size_t count)
      : context_(context), address_(address), value_(value), count_(count) {}

  Result check() const {
    if (address_ % sizeof(T) != 0) return {CUDA_ERROR_INVALID_VALUE, "misaligned address"};
    return check_range(context_, address_, count_ * sizeof(T));
  }
  Result run() const override {
    Result result = as_execution_error(check(), "fill");
    if (!result.ok()) return result;
    auto* element = reinterpret_cast<T*>(address_);
    std::fill(element, element + count_, value_);
    return Result();
  }
  WorkKind kind() const override { return WorkKind::kFill; }
  std::string name() const override { return "fill"; }

 private:
  Context& context_;
  CUdeviceptr address_;
  T value_;
  size_t count_;
};

CUresult copy_now(Call& call, Side target, Side source, Rectangle shape) {
  call.note("bytes", shape.width * shape.height);
  if (shape.width == 0 || shape.height == 0) return call.forbid_in_capture();
  auto copy = std::make_shared<Copy>(target, source, shape);
  Result result = copy->check();
  return result.ok() ? run_synchronously(call, copy) : call.fail(result);
}

// The host side of an asynchronous copy must be pinned: with pageable memory a driver stages or
// waits, and Java arrays move.
CUresult copy_later(Call& call, Side target, Side source, Rectangle shape, CUstream handle) {
  call.note("bytes", shape.width * shape.height);
  StreamChoice choice(call, handle);
  if (choice.code != CUDA_SUCCESS || shape.width == 0 || shape.height == 0) return choice.code;
  auto copy = std::make_shared<Copy>(target, source, shape);
  Result result = copy->check();
  if (!result.ok()) return call.fail(result);
  bool pageable = (target.context == nullptr && !is_pinned(target.address, shape.target_bytes())) ||
                  (source.context == nullptr && !is_pinned(source.address, shape.source_bytes()));
  if (pageable) {
    return call.fail(CUDA_ERROR_INVALID_VALUE,
                     "asynchronous copy of host memory that is not pinned");
  }
  return enqueue(call, choice.stream, copy);
}

Rectangle line(size_t bytes) { return {bytes, 1, bytes, bytes}; }

// A pointer of unified calls (cuMemcpy): device memory of the context, or host memory.
Side either(Context& context, CUdeviceptr address) {
  bool device_memory = in_windows(address) && window_of(address) != kHostSlot;
  return device_memory ? device(context, address) : host(reinterpret_cast<const void*>(address));
}

Result side_2d(Context& context, CUmemorytype type, const void* host_base, CUdeviceptr device_base,
               size_t x, size_t y, size_t pitch, Side* side) {
  size_t offset = y * pitch + x;
  if (type == CU_MEMORYTYPE_HOST) {
    *side = host(static_cast<const char*>(host_base) + offset);
  } else if (type == CU_MEMORYTYPE_DEVICE) {
    *side = device(context, device_base + offset);
  } else if (type == CU_MEMORYTYPE_UNIFIED) {
    *side = either(context, device_base + offset);
  } else {
    return {CUDA_ERROR_NOT_SUPPORTED, "copies of arrays are not emulated"};
  }
  return Result();
}

CUresult copy_2d(Call& call, const CUDA_MEMCPY2D* p, const CUstream* later) {
  Context& context = call.context();
  Rectangle shape{p->WidthInBytes, p->Height, p->dstPitch != 0 ? p->dstPitch : p->WidthInBytes,
                  p->srcPitch != 0 ? p->srcPitch : p->WidthInBytes};
  if (shape.target_pitch < shape.width || shape.source_pitch < shape.width) {
    return call.fail(CUDA_ERROR_INVALID_VALUE, "the pitch is less than the width");
  }
  Side target, source;
  Result result = side_2d(context, p->dstMemoryType, p->dstHost, p->dstDevice, p->dstXInBytes,
                          p->dstY, shape.target_pitch, &target);
  if (result.ok()) {
    result = side_2d(context, p->srcMemoryType, p->srcHost, p->srcDevice, p->srcXInBytes, p->srcY,
                     shape.source_pitch, &source);
  }
  if (!result.ok()) return call.fail(result);
  return later != nullptr ? copy_later(call, target, source, shape, *later)
                          : copy_now(call, target, source, shape);
}

CUresult copy_peer(Call& call, CUdeviceptr target, CUcontext target_context, CUdeviceptr source,
                   CUcontext source_context, size_t bytes, const CUstream* later) {
  Context* to = find_context(target_context);
  Context* from = find_context(source_context);
  if (to == nullptr || from == nullptr) {
    return call.fail(CUDA_ERROR_INVALID_CONTEXT, "no such context");
  }
  Side target_side = device(*to, target);
  Side source_side = device(*from, source);
  return later != nullptr ? copy_later(call, target_side, source_side, line(bytes), *later)
                          : copy_now(call, target_side, source_side, line(bytes));
}

template <class T>
CUresult fill_now(const char* name, CUdeviceptr address, T value, size_t count) {
  return api_in_context(name, [&](Call& call) {
    call.note("bytes", count * sizeof(T));
    if (count == 0) return CUDA_SUCCESS;
    auto fill = std::make_shared<Fill<T>>(call.context(), address, value, count);
    Result result = fill->check();
    return result.ok() ? run_synchronously(call, fill) : call.fail(result);
  });
}

template <class T>
CUresult fill_later(const char* name, CUdeviceptr address, T value, size_t count, CUstream handle) {
  return api_in_context(name, [&](Call& call) {
    call.note("bytes", count * sizeof(T));
    StreamChoice choice(call, handle);
    if (choice.code != CUDA_SUCCESS || count == 0) return choice.code;
    auto fill = std::make_shared<Fill<T>>(call.context(), address, value, count);
    Result result = fill->check();
    return result.ok() ? enqueue(call, choice.stream, fill) : call.fail(result);
  });
}

}  // namespace

EMU_API cuMemcpyHtoD_v2(CUdeviceptr target, const void* source, size_t bytes) {
  return api_in_context("cuMemcpyHtoD_v2", [&](Call& call) {
    return copy_now(call, device(call.context(), target), host(source), line(bytes));
  });
}

EMU_API cuMemcpyDtoH_v2(void* target, CUdeviceptr source, size_t bytes) {
  return api_in_context("cuMemcpyDtoH_v2", [&](Call& call) {
    return copy_now(call, host(target), device(call.context(), source), line(bytes));
  });
}

EMU_API cuMemcpyDtoD_v2(CUdeviceptr target, CUdeviceptr source, size_t bytes) {
  return api_in_context("cuMemcpyDtoD_v2", [&](Call& call) {
    return copy_now(call, device(call.context(), target), device(call.context(), source),
                    line(bytes));
  });
}

EMU_API cuMemcpy(CUdeviceptr target, CUdeviceptr source, size_t bytes) {
  return api_in_context("cuMemcpy", [&](Call& call) {
    return copy_now(call, either(call.context(), target), either(call.context(), source),
                    line(bytes));
  });
}

EMU_API cuMemcpyHtoDAsync_v2(CUdeviceptr target, const void* source, size_t bytes,
                             CUstream stream) {
  return api_in_context("cuMemcpyHtoDAsync_v2", [&](Call& call) {
    return copy_later(call, device(call.context(), target), host(source), line(bytes), stream);
  });
}

EMU_API cuMemcpyDtoHAsync_v2(void* target, CUdeviceptr source, size_t bytes, CUstream stream) {
  return api_in_context("cuMemcpyDtoHAsync_v2", [&](Call& call) {
    return copy_later(call, host(target), device(call.context(), source), line(bytes), stream);
  });
}

EMU_API cuMemcpyDtoDAsync_v2(CUdeviceptr target, CUdeviceptr source, size_t bytes,
                             CUstream stream) {
  return api_in_context("cuMemcpyDtoDAsync_v2", [&](Call& call) {
    Context& context = call.context();
    return copy_later(call, device(context, target), device(context, source), line(bytes), stream);
  });
}

EMU_API cuMemcpyAsync(CUdeviceptr target, CUdeviceptr source, size_t bytes, CUstream stream) {
  return api_in_context("cuMemcpyAsync", [&](Call& call) {
    Context& context = call.context();
    return copy_later(call, either(context, target), either(context, source), line(bytes), stream);
  });
}

EMU_API cuMemcpyPeer(CUdeviceptr target, CUcontext target_context, CUdeviceptr source,
                     CUcontext source_context, size_t bytes) {
  return api_in_context("cuMemcpyPeer", [&](Call& call) {
    return copy_peer(call, target, target_context, source, source_context, bytes, nullptr);
  });
}

EMU_API cuMemcpyPeerAsync(CUdeviceptr target, CUcontext target_context, CUdeviceptr source,
                          CUcontext source_context, size_t bytes, CUstream stream) {
  return api_in_context("cuMemcpyPeerAsync", [&](Call& call) {
    return copy_peer(call, target, target_context, source, source_context, bytes, &stream);
  });
}

EMU_API cuMemcpy2D_v2(const CUDA_MEMCPY2D* shape) {
  return api_in_context("cuMemcpy2D_v2", [&](Call& call) { return copy_2d(call, shape, nullptr); });
}

EMU_API cuMemcpy2DUnaligned_v2(const CUDA_MEMCPY2D* shape) {
  return api_in_context("cuMemcpy2DUnaligned_v2",
                        [&](Call& call) { return copy_2d(call, shape, nullptr); });
}

EMU_API cuMemcpy2DAsync_v2(const CUDA_MEMCPY2D* shape, CUstream stream) {
  return api_in_context("cuMemcpy2DAsync_v2",
                        [&](Call& call) { return copy_2d(call, shape, &stream); });
}

EMU_API cuMemsetD8_v2(CUdeviceptr address, unsigned char value, size_t count) {
  return fill_now("cuMemsetD8_v2", address, value, count);
}
EMU_API cuMemsetD16_v2(CUdeviceptr address, unsigned short value, size_t count) {
  return fill_now("cuMemsetD16_v2", address, value, count);
}
EMU_API cuMemsetD32_v2(CUdeviceptr address, unsigned value, size_t count) {
  return fill_now("cuMemsetD32_v2", address, value, count);
}
EMU_API cuMemsetD8Async(CUdeviceptr address, unsigned char value, size_t count, CUstream stream) {
  return fill_later("cuMemsetD8Async", address, value, count, stream);
}
EMU_API cuMemsetD16Async(CUdeviceptr address, unsigned short value, size_t count, CUstream stream) {
  return fill_later("cuMemsetD16Async", address, value, count, stream);
}
EMU_API cuMemsetD32Async(CUdeviceptr address, unsigned value, size_t count, CUstream stream) {
  return fill_later("cuMemsetD32Async", address, value, count, stream);
}

}  // namespace emu
