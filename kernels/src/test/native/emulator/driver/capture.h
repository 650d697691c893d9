// SPDX-License-Identifier: Apache-2.0
// Stream capture: what is given to a capturing stream becomes nodes of a graph; an event recorded
// there is a fork point, a wait for it joins another stream to the capture.
#pragma once

#include <thread>

#include "driver/call.h"
#include "driver/graph.h"

namespace emu {

struct Capture {
  std::shared_ptr<Graph> graph;
  std::weak_ptr<Stream> origin;
  std::vector<std::weak_ptr<Stream>> streams;  // origin and joined
  CUstreamCaptureMode mode = CU_STREAM_CAPTURE_MODE_GLOBAL;
  std::thread::id thread;
  bool broken = false;
};

// Whether this thread may not make an unsafe call now; if so the captures are broken.
bool captures_forbid_unsafe_calls();
void spoil(Capture& capture);

CUresult capture_work(Call& call, Stream& stream, std::shared_ptr<const Work> work);
CUresult capture_record(Call& call, Stream& stream, Event& event);
CUresult capture_wait(Call& call, Stream& stream, const Event& event);
// Adds the nodes of a graph to the captured one.
CUresult capture_graph(Call& call, Stream& stream, const std::vector<GraphNode>& nodes);

CUresult forbid_on_capturing(Call& call, Stream& stream);
CUresult forbid_captured_event(Call& call, Event& event);
// Work for the null stream would wait for captured streams, which do not run.
CUresult forbid_null_stream_in_capture(Call& call, const Stream& stream);

}  // namespace emu
