// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "driver/call.h"
#include "driver/objects.h"
#include "driver/work.h"

namespace emu {

// The stream a handle means in the call's context (0, 1 and 2 are the null stream), or an error.
struct StreamChoice {
  StreamChoice(Call& call, CUstream handle);

  std::shared_ptr<Stream> stream;
  CUresult code = CUDA_SUCCESS;
};

// Gives work to the stream: to its queue, or to the graph that it captures.
CUresult enqueue(Call& call, const std::shared_ptr<Stream>& stream,
                 std::shared_ptr<const Work> work);

// Appends to the queue, ordered with the null stream by the legacy rule and after `after`.
void append(const std::shared_ptr<Stream>& stream, std::shared_ptr<const Work> work,
            std::vector<Marker> after = {});

// Runs the work in the null stream and waits for it: what the synchronous functions do.
CUresult run_synchronously(Call& call, std::shared_ptr<const Work> work);

}  // namespace emu
