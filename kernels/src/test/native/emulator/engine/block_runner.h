// SPDX-License-Identifier: Apache-2.0
// Executes one thread block at a time on the calling operating system thread: a fiber per CUDA
// thread, switched only where threads wait for one another.
#pragma once

#include <pthread.h>
#include <setjmp.h>

#include <atomic>
#include <csignal>
#include <string>
#include <vector>

#include "engine/access_check.h"
#include "engine/async_copies.h"
#include "engine/fiber_stacks.h"
#include "engine/launch.h"
#include "engine/shared_memory.h"

namespace emu {

class BlockRunner {
 public:
  static constexpr unsigned kMaxThreads = 1024;
  static constexpr unsigned kMaxWarps = 32;
  static constexpr int kBarriers = 16;

  BlockRunner();
  BlockRunner(const BlockRunner&) = delete;

  // The runner of this operating system thread, or null.
  static BlockRunner* current() { return t_current; }
  // Every runner of the process, for the watchdog; runners are never destroyed.
  static std::vector<BlockRunner*> all();

  void begin_launch(const Launch& launch);
  // Runs one block; kNoFault or the fault, with the message in `message()`.
  int run(EmuU3 block_index);
  const std::string& message() const { return message_; }

  // --- for the functions that twins call, on a fiber of this runner
  void rendezvous(uint32_t mask, void (*fn)(uint32_t, void**), void* argument, const char* what);
  void group_rendezvous(int threads, void (*fn)(void**), void* argument, const char* what);
  int barrier(int id, int threads, int kind, int predicate);
  void yield();
  void wait_until(int (*ready)(void*), void* argument, const char* what);
  [[noreturn]] void fail(int code, const std::string& message);
  GroupedCopies& copies() { return copies_; }
  DeferredWork& deferred() { return deferred_; }
  AccessCheck& access_check() { return access_check_; }
  bool checked() const { return launch_->twin->checked != 0; }

  // --- for the signal handler and the watchdog
  bool in_kernel() const { return in_kernel_ != 0; }
  [[noreturn]] void fault_from_signal(int signal, uintptr_t address);
  pthread_t os_thread() const { return os_thread_; }
  uint64_t blocks_started() const { return blocks_started_.load(std::memory_order_relaxed); }

  // --- for the checks
  const Launch& launch() const { return *launch_; }
  const SharedMemory& shared() const { return shared_; }
  const FiberStacks& stacks() const { return stacks_; }
  bool contains(uintptr_t address) const {
    return address - reinterpret_cast<uintptr_t>(this) < sizeof *this;
  }

 private:
  struct Group {  // lanes that meet
    uint32_t mask, arrived;
    void (*fn)(uint32_t, void**);
    const char* what;
  };
  struct Warp {
    uint32_t runnable, exited;
    int group_count;
    Group groups[32];
    void* arguments[32];
  };
  struct Barrier {
    int arrived, needed, kind, accumulated;
    uint32_t lanes[kMaxWarps];
  };
  struct Waiter {
    EmuThread* thread;
    int (*ready)(void*);
    void* argument;
    const char* what;
  };

  static __thread BlockRunner* t_current;

  static void fiber_entry();
  void run_fiber();
  void reset_block();
  EmuThread* pick(unsigned preferred_warp);
  EmuThread* pick_or_poll(unsigned preferred_warp);
  bool poll_waiters();
  bool ask(int (*ready)(void*), void* argument);
  void resume(void** save, EmuThread* thread);
  void sleep();
  void wake(unsigned warp, uint32_t lanes);
  void wake(EmuThread* thread) { wake(thread->warp, 1u << thread->lane); }
  void release(Barrier& barrier);
  void end_thread(EmuThread* thread);
  std::string deadlock_report() const;
  std::string describe_fault() const;
  std::string where() const;

  const Launch* launch_ = nullptr;
  EmuBlock block_{};
  EmuThread threads_[kMaxThreads];
  Warp warps_[kMaxWarps];
  uint32_t runnable_warps_ = 0;
  int alive_ = 0;
  Barrier barriers_[kBarriers];
  void* group_arguments_[kMaxThreads];
  int group_arrived_[kMaxWarps];
  std::vector<Waiter> waiters_;

  FiberStacks stacks_;
  SharedMemory shared_;
  GroupedCopies copies_;
  DeferredWork deferred_;
  AccessCheck access_check_;

  void* scheduler_stack_pointer_ = nullptr;
  void* abandoned_stack_pointer_ = nullptr;
  sigjmp_buf escape_;
  volatile sig_atomic_t in_kernel_ = 0;
  int code_ = kNoFault;
  int fault_signal_ = 0;
  uintptr_t fault_address_ = 0;
  std::string message_;
  pthread_t os_thread_;
  std::atomic<uint64_t> blocks_started_{0};
};

}  // namespace emu
