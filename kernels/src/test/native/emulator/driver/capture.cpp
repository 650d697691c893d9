// SPDX-License-Identifier: Apache-2.0
#include "driver/capture.h"

#include <algorithm>

#include "driver/streams.h"

namespace emu {

namespace {

thread_local CUstreamCaptureMode t_mode = CU_STREAM_CAPTURE_MODE_GLOBAL;

std::vector<std::shared_ptr<Capture>> active() {
  auto& all = driver().captures;
  std::vector<std::shared_ptr<Capture>> living;
  for (const auto& weak : all) {
    auto capture = weak.lock();
    if (capture != nullptr && !capture->origin.expired()) living.push_back(capture);
  }
  all.assign(living.begin(), living.end());
  return living;
}

bool forbids(const Capture& capture) {
  if (t_mode == CU_STREAM_CAPTURE_MODE_RELAXED) return false;
  if (capture.thread == std::this_thread::get_id()) {
    return capture.mode != CU_STREAM_CAPTURE_MODE_RELAXED;
  }
  return t_mode == CU_STREAM_CAPTURE_MODE_GLOBAL && capture.mode == CU_STREAM_CAPTURE_MODE_GLOBAL;
}

void insert_all(std::vector<int>& set, const std::vector<int>& more) {
  for (int node : more) {
    if (std::find(set.begin(), set.end(), node) == set.end()) set.push_back(node);
  }
}

void join(const std::shared_ptr<Capture>& capture, Stream& stream) {
  stream.capture = capture;
  stream.capture_tail.clear();
  capture->streams.push_back(stream.shared_from_this());
}

void leave_all(Capture& capture) {
  for (const auto& weak : capture.streams) {
    if (auto stream = weak.lock()) {
      stream->capture_tail.clear();
      stream->capture = nullptr;
    }
  }
}

// Whether every node leads to one of `ends`.
bool all_lead_to(const Graph& graph, const std::vector<int>& ends) {
  std::vector<bool> leads(graph.nodes.size(), false);
  for (int node : ends) leads[static_cast<size_t>(node)] = true;
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    if (!leads[i]) return false;
    for (int before : graph.nodes[i].after) leads[static_cast<size_t>(before)] = true;
  }
  return true;
}

}  // namespace

void spoil(Capture& capture) { capture.broken = true; }

bool captures_forbid_unsafe_calls() {
  if (driver().captures.empty()) return false;
  bool forbidden = false;
  for (const auto& capture : active()) {
    if (!forbids(*capture)) continue;
    forbidden = true;
    spoil(*capture);
  }
  return forbidden;
}

CUresult forbid_on_capturing(Call& call, Stream& stream) {
  if (stream.capture == nullptr) return CUDA_SUCCESS;
  spoil(*stream.capture);
  return call.fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the stream is being captured");
}

CUresult forbid_captured_event(Call& call, Event& event) {
  spoil(*event.capture);
  return call.fail(CUDA_ERROR_CAPTURED_EVENT, "the event was recorded in a captured stream");
}

CUresult forbid_null_stream_in_capture(Call& call, const Stream& stream) {
  if (!stream.null || driver().captures.empty()) return CUDA_SUCCESS;
  for (const auto& other : stream.context->streams) {
    if (other->capture == nullptr || !other->blocking) continue;
    spoil(*other->capture);
    return call.fail(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT,
                     "the null stream would wait for a stream that is being captured");
  }
  return CUDA_SUCCESS;
}

CUresult capture_work(Call& call, Stream& stream, std::shared_ptr<const Work> work) {
  Capture& capture = *stream.capture;
  if (capture.broken) {
    return call.fail(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "the capture is broken already");
  }
  call.note("captured", 1);
  int index = static_cast<int>(capture.graph->nodes.size());
  capture.graph->nodes.push_back({std::move(work), stream.capture_tail});
  stream.capture_tail = {index};
  return CUDA_SUCCESS;
}

CUresult capture_graph(Call& call, Stream& stream, const std::vector<GraphNode>& nodes) {
  Capture& capture = *stream.capture;
  if (capture.broken) {
    return call.fail(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "the capture is broken already");
  }
  auto& all = capture.graph->nodes;
  int offset = static_cast<int>(all.size());
  std::vector<int> entry = stream.capture_tail;
  std::vector<int> ends = leaves(nodes);
  for (const GraphNode& node : nodes) {
    GraphNode copy{node.work, {}};
    for (int before : node.after) copy.after.push_back(before + offset);
    if (node.after.empty()) copy.after = entry;
    all.push_back(copy);
  }
  if (!nodes.empty()) stream.capture_tail.clear();
  for (int end : ends) stream.capture_tail.push_back(end + offset);
  return CUDA_SUCCESS;
}

CUresult capture_record(Call& call, Stream& stream, Event& event) {
  if (stream.capture->broken) {
    return call.fail(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "the capture is broken already");
  }
  event.capture = stream.capture;
  event.capture_nodes = stream.capture_tail;
  event.marker = Marker();
  event.time_ms = nullptr;
  return CUDA_SUCCESS;
}

CUresult capture_wait(Call& call, Stream& stream, const Event& event) {
  if (event.capture == nullptr) {
    spoil(*stream.capture);
    return call.fail(CUDA_ERROR_STREAM_CAPTURE_ISOLATION,
                     "a captured stream waits for an event from outside the capture");
  }
  if (event.capture->origin.expired() || event.capture->graph == nullptr) {
    return call.fail(CUDA_ERROR_INVALID_VALUE, "the event is of a capture that has ended");
  }
  if (stream.null) {
    spoil(*event.capture);
    return call.fail(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT, "the null stream cannot be captured");
  }
  if (stream.capture == nullptr) join(event.capture, stream);
  if (stream.capture != event.capture) {
    spoil(*stream.capture);
    spoil(*event.capture);
    return call.fail(CUDA_ERROR_STREAM_CAPTURE_MERGE, "the event belongs to another capture");
  }
  insert_all(stream.capture_tail, event.capture_nodes);
  return CUDA_SUCCESS;
}

EMU_API cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
  return api_in_context("cuStreamBeginCapture_v2", [&](Call& call) {
    StreamChoice choice(call, handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    Stream& stream = *choice.stream;
    if (stream.null) {
      return call.fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the null stream cannot be captured");
    }
    if (stream.capture != nullptr) {
      return call.fail(CUDA_ERROR_ILLEGAL_STATE, "the stream is being captured already");
    }
    auto capture = std::make_shared<Capture>();
    capture->graph = std::make_shared<Graph>();
    capture->graph->context = &call.context();
    capture->origin = choice.stream;
    capture->mode = mode;
    capture->thread = std::this_thread::get_id();
    driver().captures.push_back(capture);
    join(capture, stream);
    return CUDA_SUCCESS;
  });
}

EMU_API cuStreamEndCapture(CUstream handle, CUgraph* out) {
  return api_in_context("cuStreamEndCapture", [&](Call& call) {
    *out = nullptr;
    StreamChoice choice(call, handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    std::shared_ptr<Capture> capture = choice.stream->capture;
    if (capture == nullptr)
      return call.fail(CUDA_ERROR_ILLEGAL_STATE, "the stream is not captured");
    if (capture->origin.lock() != choice.stream) {
      spoil(*capture);
      return call.fail(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "the capture began in another stream");
    }
    if (capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED &&
        capture->thread != std::this_thread::get_id()) {
      return call.fail(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD,
                       "the capture began in another thread");
    }
    std::vector<int> ends = choice.stream->capture_tail;
    std::shared_ptr<Graph> graph = std::exchange(capture->graph, nullptr);
    leave_all(*capture);
    capture->origin.reset();
    active();
    if (capture->broken) {
      return call.fail(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "a forbidden call broke the capture");
    }
    if (!all_lead_to(*graph, ends)) {
      return call.fail(CUDA_ERROR_STREAM_CAPTURE_UNJOINED,
                       "work of another stream was not joined to the stream of the capture");
    }
    graph->number = ++driver().last_number;
    call.note("nodes", graph->nodes.size());
    *out = driver().graphs.add(graph);
    return CUDA_SUCCESS;
  });
}

EMU_API cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus* out) {
  return api_in_context("cuStreamIsCapturing", [&](Call& call) {
    StreamChoice choice(call, handle);
    if (choice.code != CUDA_SUCCESS) return choice.code;
    const auto& capture = choice.stream->capture;
    *out = capture == nullptr ? CU_STREAM_CAPTURE_STATUS_NONE
           : capture->broken  ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                              : CU_STREAM_CAPTURE_STATUS_ACTIVE;
    return CUDA_SUCCESS;
  });
}

EMU_API cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode* mode) {
  return api("cuThreadExchangeStreamCaptureMode", [&](Call&) {
    std::swap(*mode, t_mode);
    return CUDA_SUCCESS;
  });
}

}  // namespace emu
