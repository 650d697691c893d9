// SPDX-License-Identifier: Apache-2.0
// What handles stand for. All fields are guarded by the driver's mutex unless they never change.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "driver/result.h"
#include "driver/work.h"

namespace emu {

struct Capture;
struct Device;
struct Stream;

// A context is never deleted: threads may still have it on their stacks. `alive` says if it counts.
struct Context {
  uint64_t number = 0;  // counts from 1 over the process
  CUcontext handle = nullptr;
  Device* device = nullptr;
  bool primary = false;
  bool alive = true;
  unsigned flags = 0;
  Result sticky;  // first asynchronous error: every later call returns it
  std::shared_ptr<Stream> null_stream;
  std::vector<std::shared_ptr<Stream>> streams;  // without the null stream
  std::set<uint64_t> peers;                      // contexts whose memory kernels here may use
  std::map<int, size_t> limits;
};

// A place in the work of a stream.
struct Marker {
  std::shared_ptr<Stream> stream;
  uint64_t position = 0;

  bool reached() const;
};

struct Op {
  std::shared_ptr<const Work> work;  // null: only a place to wait at
  std::vector<Marker> after;         // other streams' work that must be done before
  uint64_t position = 0;
  bool stalled = false;  // an injected delay was served already
};

enum class Activity { kIdle, kQueued, kBlocked, kRunning };

struct Stream : std::enable_shared_from_this<Stream> {
  uint64_t number = 0;
  CUstream handle = nullptr;
  Context* context = nullptr;
  bool null = false;
  bool blocking = true;  // ordered with the null stream
  unsigned flags = 0;
  int priority = 0;

  std::deque<Op> pending;
  uint64_t enqueued = 0;  // position of the last operation given
  uint64_t done = 0;      // position of the last operation finished
  uint64_t wanted = 0;    // somebody waits for this position; nothing beyond it is executed
  Activity activity = Activity::kIdle;
  std::vector<std::shared_ptr<Stream>> blocked_on_this;

  std::shared_ptr<Capture> capture;
  std::vector<int> capture_tail;  // nodes that the next captured operation follows

  bool idle() const { return done == enqueued; }
};

inline bool Marker::reached() const { return stream == nullptr || stream->done >= position; }

struct Event {
  uint64_t number = 0;
  Context* context = nullptr;
  unsigned flags = 0;
  Marker marker;                     // empty: never recorded
  std::shared_ptr<double> time_ms;   // when the record was executed; new with each record
  std::shared_ptr<Capture> capture;  // recorded while capturing: not an event but a fork point
  std::vector<int> capture_nodes;
};

struct Device {
  int ordinal = 0;
  struct DeviceSpec* spec = nullptr;
  size_t used = 0;
  size_t peak = 0;
  size_t limit = 0;  // bytes that may be allocated; the control word "limit" lowers it
  int primary_references = 0;
  unsigned primary_flags = 0;
  Context* primary = nullptr;
  class Executor* executor = nullptr;
};

}  // namespace emu
