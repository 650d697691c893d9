// SPDX-License-Identifier: Apache-2.0
#include "engine/device_engine.h"

#include <chrono>
#include <thread>

#include "engine/signals.h"

namespace emu {

namespace {

// Waking a helper costs more than a short launch.
constexpr std::chrono::microseconds kAlone{200};

}  // namespace

LaunchResult DeviceEngine::run(const Launch& launch) {
  if (own_runner_ == nullptr) {
    use_alternate_signal_stack();
    own_runner_ = std::make_unique<BlockRunner>();
  }
  launch_ = &launch;
  block_count_ = uint64_t{launch.grid.x} * launch.grid.y * launch.grid.z;
  next_block_ = 0;
  stop_ = false;
  result_ = LaunchResult();
  own_runner_->begin_launch(launch);
  bool helped = false;
  auto start = std::chrono::steady_clock::now();
  while (run_next_block()) {
    if (helped || workers_ == 1 || next_block_ + 1 >= block_count_) continue;
    if (std::chrono::steady_clock::now() - start < kAlone) continue;
    call_helpers();
    helped = true;
  }
  if (helped) {
    std::unique_lock<std::mutex> lock(mutex_);
    finished_.wait(lock, [this] { return busy_helpers_ == 0; });
  }
  return result_;
}

void DeviceEngine::call_helpers() {
  if (!helpers_started_) {
    for (int i = 1; i < workers_; i++) std::thread([this] { helper_loop(); }).detach();
  }
  helpers_started_ = true;
  std::lock_guard<std::mutex> lock(mutex_);
  sequence_++;
  busy_helpers_ = workers_ - 1;
  work_.notify_all();
}

void DeviceEngine::helper_loop() {
  use_alternate_signal_stack();
  auto& runner = *new BlockRunner;
  uint64_t seen = 0;
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      work_.wait(lock, [&] { return sequence_ != seen; });
      seen = sequence_;
    }
    runner.begin_launch(*launch_);
    while (run_next_block()) {
    }
    std::lock_guard<std::mutex> lock(mutex_);
    if (--busy_helpers_ == 0) finished_.notify_one();
  }
}

bool DeviceEngine::run_next_block() {
  BlockRunner& runner = *BlockRunner::current();
  const Launch& launch = *launch_;
  if (stop_) return false;
  uint64_t taken = next_block_.fetch_add(1);
  if (taken >= block_count_) return false;
  uint64_t index = launch.reverse ? block_count_ - 1 - taken : taken;
  EmuU3 block{static_cast<unsigned>(index % launch.grid.x),
              static_cast<unsigned>(index / launch.grid.x % launch.grid.y),
              static_cast<unsigned>(index / launch.grid.x / launch.grid.y)};
  int code = runner.run(block);
  if (code == kNoFault) return true;
  std::lock_guard<std::mutex> lock(mutex_);
  if (!stop_) result_ = {code, runner.message()};
  stop_ = true;
  return false;
}

}  // namespace emu
