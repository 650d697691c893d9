// SPDX-License-Identifier: Apache-2.0
#include "driver/executor.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "driver/driver.h"
#include "driver/messages.h"

namespace emu {

namespace {

uint64_t g_resumes = 0;

}  // namespace

void Executor::request(Stream& stream, uint64_t position) {
  stream.wanted = std::max(stream.wanted, position);
  if (stream.activity != Activity::kIdle || stream.pending.empty()) return;
  if (stream.pending.front().position > stream.wanted) return;
  stream.context->device->executor->queue(stream);
}

void Executor::queue(Stream& stream) {
  if (!started_) start();
  stream.activity = Activity::kQueued;
  ready_.push_back(stream.shared_from_this());
  wake_.notify_one();
}

void Executor::start() {
  started_ = true;
  std::thread([this] { loop(); }).detach();
}

void Executor::loop() {
  Lock lock(driver().mutex);
  for (;;) {
    wake_.wait(lock, [this] { return !ready_.empty(); });
    std::shared_ptr<Stream> stream = std::move(ready_.back());
    ready_.pop_back();
    advance(stream, lock);
  }
}

// Runs the stream until nobody wants more of it, or it has to wait.
void Executor::advance(const std::shared_ptr<Stream>& stream, Lock& lock) {
  stream->activity = Activity::kRunning;
  while (!stream->pending.empty() && stream->pending.front().position <= stream->wanted) {
    if (!stream->context->sticky.ok()) {
      drop_all(*stream);
      break;
    }
    if (blocked(stream)) return;
    Op& head = stream->pending.front();
    FaultAction planted;
    if (head.work != nullptr && !head.stalled && !driver().faults.empty()) {
      planted = driver().faults.on("run", head.work->name());
      head.stalled = true;
      if (stall(stream, planted)) return;
    }
    Op op = std::move(head);
    stream->pending.pop_front();
    if (planted.code != 0) {
      finish(*stream, op,
             {static_cast<CUresult>(planted.code), op.work->name() + ": planted failure"});
      continue;
    }
    if (op.work == nullptr) {
      finish(*stream, op, Result());
      continue;
    }
    if (op.work->kind() == WorkKind::kHost) {
      // A host function may wait for another thread's CUDA calls, so it must not hold up the
      // device.
      hand_to_callback_thread(stream, std::move(op));
      return;
    }
    lock.unlock();
    Result result = op.work->run();
    lock.lock();
    finish(*stream, op, result);
  }
  stream->activity = Activity::kIdle;
}

bool Executor::blocked(const std::shared_ptr<Stream>& stream) {
  for (const Marker& marker : stream->pending.front().after) {
    if (marker.reached()) continue;
    stream->activity = Activity::kBlocked;
    marker.stream->blocked_on_this.push_back(stream);
    request(*marker.stream, marker.position);
    return true;
  }
  return false;
}

bool Executor::stall(const std::shared_ptr<Stream>& stream, FaultAction& action) {
  if (action.hang) {
    hung_.push_back(stream);
    return true;
  }
  if (action.delay_ms == 0) return false;
  std::thread([this, stream, delay = action.delay_ms] {
    std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    Lock lock(driver().mutex);
    resume_stream(*stream);
  }).detach();
  return true;
}

void Executor::resume_stream(Stream& stream) {
  stream.activity = Activity::kIdle;
  request(stream, stream.wanted);
}

void Executor::resume_hung() {
  for (const std::shared_ptr<Stream>& stream : std::exchange(hung_, {})) resume_stream(*stream);
}

void Executor::hand_to_callback_thread(std::shared_ptr<Stream> stream, Op op) {
  if (!callbacks_started_) {
    callbacks_started_ = true;
    std::thread([this] { callback_loop(); }).detach();
  }
  callbacks_.emplace_back(std::move(stream), std::move(op));
  callback_wake_.notify_one();
}

void Executor::callback_loop() {
  Lock lock(driver().mutex);
  for (;;) {
    callback_wake_.wait(lock, [this] { return !callbacks_.empty(); });
    auto [stream, op] = std::move(callbacks_.front());
    callbacks_.pop_front();
    lock.unlock();
    Result result = op.work->run();
    lock.lock();
    finish(*stream, op, result);
    resume_stream(*stream);
  }
}

void Executor::finish(Stream& stream, const Op& op, const Result& result) {
  stream.done = op.position;
  if (!result.ok()) make_sticky(*stream.context, result);
  for (const std::shared_ptr<Stream>& other : std::exchange(stream.blocked_on_this, {})) {
    other->context->device->executor->resume_stream(*other);
  }
  driver().changed.notify_all();
}

void Executor::drop_all(Stream& stream) {
  Op last;
  last.position = stream.enqueued;
  stream.pending.clear();
  finish(stream, last, Result());
}

void make_sticky(Context& context, const Result& result) {
  if (!context.sticky.ok()) return;
  context.sticky = result;
  driver().counters.violations++;
  remember_message(result.code, result.message);
  complain("error " + std::to_string(result.code) + " of context " +
           std::to_string(context.number) + ": " + result.message);
  context.device->executor->resume_hung();
  driver().changed.notify_all();
}

CUresult wait_for(std::unique_lock<std::mutex>& lock, const Marker& marker) {
  if (marker.stream == nullptr) return CUDA_SUCCESS;
  Context& context = *marker.stream->context;
  Executor::request(*marker.stream, marker.position);
  driver().changed.wait(lock, [&] { return marker.reached() || !context.sticky.ok(); });
  if (!context.sticky.ok()) remember_message(context.sticky.code, context.sticky.message);
  return context.sticky.code;
}

CUresult wait_for_stream(std::unique_lock<std::mutex>& lock,
                         const std::shared_ptr<Stream>& stream) {
  return wait_for(lock, {stream, stream->enqueued});
}

CUresult wait_for_context(std::unique_lock<std::mutex>& lock, Context& context) {
  std::vector<Marker> ends;
  for (const auto& stream : context.streams) ends.push_back({stream, stream->enqueued});
  ends.push_back({context.null_stream, context.null_stream->enqueued});
  for (const Marker& end : ends) Executor::request(*end.stream, end.position);
  CUresult code = context.sticky.code;
  for (const Marker& end : ends) {
    if (code == CUDA_SUCCESS) code = wait_for(lock, end);
  }
  return code;
}

void wait_for_resume(std::unique_lock<std::mutex>& lock) {
  uint64_t seen = g_resumes;
  driver().counters.hanging++;
  driver().changed.wait(lock, [seen] { return g_resumes != seen; });
  driver().counters.hanging--;
}

void resume_all() {
  g_resumes++;
  for (const auto& device : driver().devices) device->executor->resume_hung();
  driver().changed.notify_all();
}

}  // namespace emu
