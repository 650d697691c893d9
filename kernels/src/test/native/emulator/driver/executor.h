// SPDX-License-Identifier: Apache-2.0
// Runs the work of one device's streams on one thread, in the order that dependencies demand and,
// where they leave a choice, in an unusual one.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "driver/faults.h"
#include "driver/objects.h"
#include "engine/device_engine.h"

namespace emu {

// All functions want the driver's mutex held.
class Executor {
 public:
  explicit Executor(int workers) : engine_(workers) {}
  Executor(const Executor&) = delete;

  // Makes the executor run the stream up to `position`; what its operations wait for on other
  // streams, of other devices too, is asked for on the way.
  static void request(Stream& stream, uint64_t position);
  // Releases everything that a planted hang holds up.
  void resume_hung();

  DeviceEngine& engine() { return engine_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  void start();
  void loop();
  void callback_loop();
  void queue(Stream& stream);
  void advance(const std::shared_ptr<Stream>& stream, Lock& lock);
  bool blocked(const std::shared_ptr<Stream>& stream);
  // True if a planted delay or hang took the stream away from this thread.
  bool stall(const std::shared_ptr<Stream>& stream, FaultAction& action);
  void hand_to_callback_thread(std::shared_ptr<Stream> stream, Op op);
  void resume_stream(Stream& stream);
  void finish(Stream& stream, const Op& op, const Result& result);
  void drop_all(Stream& stream);

  DeviceEngine engine_;
  bool started_ = false;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<Stream>> ready_;  // a stack: the newest runs first
  std::vector<std::shared_ptr<Stream>> hung_;

  bool callbacks_started_ = false;
  std::condition_variable callback_wake_;
  std::deque<std::pair<std::shared_ptr<Stream>, Op>> callbacks_;
};

// The first asynchronous error of a context; all its work is dropped from then on.
void make_sticky(Context& context, const Result& result);

// Waits until the marker is reached; the sticky error of the stream's context if it has one.
CUresult wait_for(std::unique_lock<std::mutex>& lock, const Marker& marker);
CUresult wait_for_stream(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Stream>& stream);
CUresult wait_for_context(std::unique_lock<std::mutex>& lock, Context& context);

// Blocks the calling thread until the control word "resume".
void wait_for_resume(std::unique_lock<std::mutex>& lock);
void resume_all();

}  // namespace emu
