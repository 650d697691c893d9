// SPDX-License-Identifier: Apache-2.0
#include <chrono>

#include "driver/call.h"
#include "driver/capture.h"
#include "driver/executor.h"
#include "driver/streams.h"

namespace emu {

namespace {

double now_ms() {
  auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

class Timestamp : public Work {
 public:
  explicit Timestamp(std::shared_ptr<double> time) : time_(std::move(time)) {}
  Result run() const override {
    *time_ = now_ms();
    return Result();
  }
  WorkKind kind() const override { return WorkKind::kMarker; }
  std::string name() const override { return "record"; }

 private:
  std::shared_ptr<double> time_;
};

// An event of the call's context.
struct EventChoice {
  EventChoice(Call& call, CUevent handle, bool any_context = false)
      : event(driver().events.find(handle)) {
    if (event == nullptr) {
      code = call.fail(CUDA_ERROR_INVALID_HANDLE, "no such event (destroyed?)");
      return;
    }
    call.note("event", event->number);
    if (!any_context && event->context != &call.context()) {
      code = call.fail(CUDA_ERROR_INVALID_HANDLE,
                       "event of context " + std::to_string(event->context->number) +
                           ", current is context " + std::to_string(call.context().number));
    }
  }

  std::shared_ptr<Event> event;
  CUresult code = CUDA_SUCCESS;
};

CUresult record(Call& call, CUevent event_handle, CUstream stream_handle) {
  EventChoice chosen(call, event_handle);
  if (chosen.code != CUDA_SUCCESS) return chosen.code;
  StreamChoice choice(call, stream_handle);
  if (choice.code != CUDA_SUCCESS) return choice.code;
  Event& event = *chosen.event;
  Stream& stream = *choice.stream;
  if (stream.capture != nullptr) return capture_record(call, stream, event);
  if (CUresult code = forbid_null_stream_in_capture(call, stream)) return code;
  event.capture = nullptr;
  event.capture_nodes.clear();
  event.time_ms = std::make_shared<double>(0.0);
  append(choice.stream, std::make_shared<Timestamp>(event.time_ms));
  event.marker = {choice.stream, stream.enqueued};
  return CUDA_SUCCESS;
}

}  // namespace

EMU_API cuEventCreate(CUevent* out, unsigned flags) {
  return api_in_context("cuEventCreate", [&](Call& call) {
    if (flags > 7) return call.fail(CUDA_ERROR_INVALID_VALUE, "unknown flags");
    auto event = std::make_shared<Event>();
    event->number = ++driver().last_number;
    event->context = &call.context();
    event->flags = flags;
    *out = driver().events.add(event);
    call.note("event", event->number);
    return CUDA_SUCCESS;
  });
}

EMU_API cuEventDestroy_v2(CUevent handle) {
  return api("cuEventDestroy_v2", [&](Call& call) {
    EventChoice chosen(call, handle, true);
    if (chosen.code == CUDA_SUCCESS) driver().events.take(handle);
    return chosen.code;
  });
}

EMU_API cuEventRecord(CUevent event, CUstream stream) {
  return api_in_context("cuEventRecord", [&](Call& call) { return record(call, event, stream); });
}

EMU_API cuEventRecordWithFlags(CUevent event, CUstream stream, unsigned) {
  return api_in_context("cuEventRecordWithFlags",
                        [&](Call& call) { return record(call, event, stream); });
}

EMU_API cuEventQuery(CUevent handle) {
  return api_in_context("cuEventQuery", [&](Call& call) {
    EventChoice chosen(call, handle);
    if (chosen.code != CUDA_SUCCESS) return chosen.code;
    if (chosen.event->capture != nullptr) return forbid_captured_event(call, *chosen.event);
    const Marker& marker = chosen.event->marker;
    if (marker.reached()) return CUDA_SUCCESS;
    Executor::request(*marker.stream, marker.position);
    return CUDA_ERROR_NOT_READY;
  });
}

EMU_API cuEventSynchronize(CUevent handle) {
  return api_in_context("cuEventSynchronize", [&](Call& call) {
    EventChoice chosen(call, handle);
    if (chosen.code != CUDA_SUCCESS) return chosen.code;
    if (chosen.event->capture != nullptr) return forbid_captured_event(call, *chosen.event);
    if (CUresult code = call.forbid_in_capture()) return code;
    return wait_for(call.lock, chosen.event->marker);
  });
}

EMU_API cuEventElapsedTime(float* out, CUevent start, CUevent end) {
  return api_in_context("cuEventElapsedTime", [&](Call& call) {
    EventChoice first(call, start);
    if (first.code != CUDA_SUCCESS) return first.code;
    EventChoice second(call, end);
    if (second.code != CUDA_SUCCESS) return second.code;
    for (const EventChoice* chosen : {&first, &second}) {
      const Event& event = *chosen->event;
      if ((event.flags & CU_EVENT_DISABLE_TIMING) != 0 || event.time_ms == nullptr) {
        return call.fail(CUDA_ERROR_INVALID_HANDLE, "an event without a time");
      }
      if (!event.marker.reached()) return CUDA_ERROR_NOT_READY;
    }
    *out = static_cast<float>(*second.event->time_ms - *first.event->time_ms);
    return CUDA_SUCCESS;
  });
}

// The event may belong to another context or device; the stream must be of the current one.
EMU_API cuStreamWaitEvent(CUstream stream_handle, CUevent event_handle, unsigned) {
  return api_in_context("cuStreamWaitEvent", [&](Call& call) {
    StreamChoice choice(call, stream_handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    EventChoice chosen(call, event_handle, true);
    if (chosen.code != CUDA_SUCCESS) return chosen.code;
    if (chosen.event->capture != nullptr || choice.stream->capture != nullptr) {
      return capture_wait(call, *choice.stream, *chosen.event);
    }
    if (chosen.event->marker.stream == nullptr) return CUDA_SUCCESS;  // never recorded
    append(choice.stream, nullptr, {chosen.event->marker});
    return CUDA_SUCCESS;
  });
}

}  // namespace emu
