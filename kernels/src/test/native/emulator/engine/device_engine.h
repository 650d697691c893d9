// SPDX-License-Identifier: Apache-2.0
// Runs launches of one device: the calling thread and a few helpers share the blocks.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "engine/block_runner.h"
#include "engine/launch.h"

namespace emu {

class DeviceEngine {
 public:
  explicit DeviceEngine(int workers) : workers_(workers) {}
  DeviceEngine(const DeviceEngine&) = delete;

  // Called by one thread only, the device's executor.
  LaunchResult run(const Launch& launch);

 private:
  void call_helpers();
  void helper_loop();
  // Runs the next block; false if there is none or the launch has failed.
  bool run_next_block();

  const int workers_;
  std::unique_ptr<BlockRunner> own_runner_;
  bool helpers_started_ = false;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable finished_;
  uint64_t sequence_ = 0;  // counts launches that helpers take part in
  int busy_helpers_ = 0;

  const Launch* launch_ = nullptr;
  uint64_t block_count_ = 0;
  std::atomic<uint64_t> next_block_{0};
  std::atomic<bool> stop_{false};
  LaunchResult result_;
};

// Ends blocks that used more processor time than this; 0 = never.
void set_block_timeout_ms(long timeout);

}  // namespace emu
