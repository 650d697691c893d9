// SPDX-License-Identifier: Apache-2.0
#include "driver/streams.h"

#include <algorithm>

#include "driver/capture.h"
#include "driver/executor.h"

namespace emu {

StreamChoice::StreamChoice(Call& call, CUstream handle) {
  Context& context = call.context();
  if (reinterpret_cast<uintptr_t>(handle) <= 2) {
    stream = context.null_stream;
    call.note("stream", 0);
    return;
  }
  stream = driver().streams.find(handle);
  if (stream == nullptr) {
    code = call.fail(CUDA_ERROR_INVALID_HANDLE, "no such stream (destroyed?)");
    return;
  }
  call.note("stream", stream->number);
  if (stream->context != &context) {
    code = call.fail(CUDA_ERROR_INVALID_HANDLE,
                     "stream of context " + std::to_string(stream->context->number) + " (device " +
                         std::to_string(stream->context->device->ordinal) +
                         "), current is context " + std::to_string(context.number) + " (device " +
                         std::to_string(context.device->ordinal) + ")");
  }
}

void append(const std::shared_ptr<Stream>& stream, std::shared_ptr<const Work> work,
            std::vector<Marker> after) {
  Context& context = *stream->context;
  if (stream->null) {
    for (const auto& other : context.streams) {
      if (other->blocking && !other->idle()) after.push_back({other, other->enqueued});
    }
  } else if (stream->blocking && !context.null_stream->idle()) {
    after.push_back({context.null_stream, context.null_stream->enqueued});
  }
  Op op;
  op.work = std::move(work);
  op.after = std::move(after);
  op.position = ++stream->enqueued;
  stream->pending.push_back(std::move(op));
  if (!driver().lazy) Executor::request(*stream, stream->enqueued);
}

CUresult enqueue(Call& call, const std::shared_ptr<Stream>& stream,
                 std::shared_ptr<const Work> work) {
  if (stream->capture != nullptr) return capture_work(call, *stream, std::move(work));
  if (CUresult code = forbid_null_stream_in_capture(call, *stream)) return code;
  append(stream, std::move(work));
  return CUDA_SUCCESS;
}

CUresult run_synchronously(Call& call, std::shared_ptr<const Work> work) {
  if (CUresult code = call.forbid_in_capture()) return code;
  const std::shared_ptr<Stream>& stream = call.context().null_stream;
  append(stream, std::move(work));
  return wait_for_stream(call.lock, stream);
}

EMU_API cuStreamCreateWithPriority(CUstream* out, unsigned flags, int priority) {
  return api_in_context("cuStreamCreateWithPriority", [&](Call& call) {
    if (flags > 1) return call.fail(CUDA_ERROR_INVALID_VALUE, "unknown flags");
    auto stream = std::make_shared<Stream>();
    stream->number = ++driver().last_number;
    stream->context = &call.context();
    stream->flags = flags;
    stream->blocking = (flags & CU_STREAM_NON_BLOCKING) == 0;
    stream->priority = std::clamp(priority, -5, 0);
    stream->handle = driver().streams.add(stream);
    call.context().streams.push_back(stream);
    call.note("stream", stream->number);
    *out = stream->handle;
    return CUDA_SUCCESS;
  });
}

EMU_API cuStreamCreate(CUstream* out, unsigned flags) {
  return cuStreamCreateWithPriority(out, flags, 0);
}

EMU_API cuStreamDestroy_v2(CUstream handle) {
  return api_in_context("cuStreamDestroy_v2", [&](Call& call) {
    StreamChoice choice(call, handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    if (choice.stream->null) return call.fail(CUDA_ERROR_INVALID_HANDLE, "the null stream");
    if (choice.stream->capture != nullptr) spoil(*choice.stream->capture);
    driver().streams.take(handle);
    // What is queued still runs; it must be done before the context's memory goes away.
    CUresult code = wait_for_stream(call.lock, choice.stream);
    auto& streams = call.context().streams;
    streams.erase(std::remove(streams.begin(), streams.end(), choice.stream), streams.end());
    return code;
  });
}

EMU_API cuStreamSynchronize(CUstream handle) {
  return api_in_context("cuStreamSynchronize", [&](Call& call) {
    StreamChoice choice(call, handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    if (CUresult code = forbid_on_capturing(call, *choice.stream)) return code;
    if (CUresult code = call.forbid_in_capture()) return code;
    return wait_for_stream(call.lock, choice.stream);
  });
}

// Asks without waiting. What was asked for starts to run, so polling ends some time.
EMU_API cuStreamQuery(CUstream handle) {
  return api_in_context("cuStreamQuery", [&](Call& call) {
    StreamChoice choice(call, handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    if (CUresult code = forbid_on_capturing(call, *choice.stream)) return code;
    if (CUresult code = call.forbid_in_capture()) return code;
    Executor::request(*choice.stream, choice.stream->enqueued);
    return choice.stream->idle() ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
  });
}

EMU_API cuStreamGetFlags(CUstream handle, unsigned* out) {
  return api_in_context("cuStreamGetFlags", [&](Call& call) {
    StreamChoice choice(call, handle);
    if (choice.code == CUDA_SUCCESS) *out = choice.stream->flags;
    return choice.code;
  });
}

EMU_API cuStreamGetPriority(CUstream handle, int* out) {
  return api_in_context("cuStreamGetPriority", [&](Call& call) {
    StreamChoice choice(call, handle);
    if (choice.code == CUDA_SUCCESS) *out = choice.stream->priority;
    return choice.code;
  });
}

EMU_API cuStreamGetId(CUstream handle, unsigned long long* out) {
  return api_in_context("cuStreamGetId", [&](Call& call) {
    StreamChoice choice(call, handle);
    if (choice.code == CUDA_SUCCESS) *out = choice.stream->number;
    return choice.code;
  });
}

// The only question about a stream that needs no matching current context.
EMU_API cuStreamGetCtx(CUstream handle, CUcontext* out) {
  return api("cuStreamGetCtx", [&](Call& call) {
    if (reinterpret_cast<uintptr_t>(handle) <= 2) {
      return call.fail(CUDA_ERROR_INVALID_HANDLE,
                       "the null stream means whatever context is current");
    }
    auto stream = driver().streams.find(handle);
    if (stream == nullptr) return call.fail(CUDA_ERROR_INVALID_HANDLE, "no such stream");
    *out = stream->context->handle;
    return CUDA_SUCCESS;
  });
}

}  // namespace emu
