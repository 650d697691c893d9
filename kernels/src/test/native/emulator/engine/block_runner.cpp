// SPDX-License-Identifier: Apache-2.0
#include "engine/block_runner.h"

#include <cstring>
#include <mutex>

extern "C" {
__attribute__((visibility("default"))) __thread EmuThread* emu_cur = nullptr;
void emu_switch(void** save, void* to);
}

namespace emu {

namespace {

std::mutex& registry_mutex() {
  static std::mutex& mutex = *new std::mutex;
  return mutex;
}

std::vector<BlockRunner*>& registry() {
  static auto& runners = *new std::vector<BlockRunner*>;
  return runners;
}

unsigned first_bit(uint32_t bits, bool reverse) {
  return static_cast<unsigned>(reverse ? 31 - __builtin_clz(bits) : __builtin_ctz(bits));
}

}  // namespace

BlockRunner::BlockRunner() : access_check_(*this), os_thread_(pthread_self()) {
  t_current = this;
  std::lock_guard<std::mutex> lock(registry_mutex());
  registry().push_back(this);
}

__thread BlockRunner* BlockRunner::t_current = nullptr;

std::vector<BlockRunner*> BlockRunner::all() {
  std::lock_guard<std::mutex> lock(registry_mutex());
  return registry();
}

void BlockRunner::begin_launch(const Launch& launch) {
  launch_ = &launch;
  shared_.begin_launch(launch.twin, launch.kernel, launch.dynamic_bytes);
  block_.bdim = launch.block;
  block_.gdim = launch.grid;
  block_.nthreads = launch.block.x * launch.block.y * launch.block.z;
  block_.nwarps = (block_.nthreads + 31) / 32;
  block_.dyn = shared_.dynamic();
  block_.dynsize = launch.dynamic_bytes;
  EmuU3 index{0, 0, 0};
  for (unsigned i = 0; i < block_.nthreads; i++) {
    EmuThread& thread = threads_[i];
    thread.tid = index;
    thread.linear = i;
    thread.lane = i & 31;
    thread.warp = i >> 5;
    thread.blk = &block_;
    if (++index.x == launch.block.x) {
      index.x = 0;
      if (++index.y == launch.block.y) {
        index.y = 0;
        index.z++;
      }
    }
  }
  access_check_.begin_launch();
}

void BlockRunner::reset_block() {
  alive_ = static_cast<int>(block_.nthreads);
  runnable_warps_ = 0;
  code_ = kNoFault;
  fault_signal_ = 0;
  memset(barriers_, 0, sizeof barriers_);
  memset(group_arrived_, 0, sizeof group_arrived_);
  waiters_.clear();
  for (unsigned w = 0; w < block_.nwarps; w++) {
    unsigned lanes = std::min(32u, block_.nthreads - w * 32);
    Warp& warp = warps_[w];
    warp.runnable = lanes == 32 ? ~0u : (1u << lanes) - 1;
    warp.exited = ~warp.runnable;
    warp.group_count = 0;
    runnable_warps_ |= 1u << w;
  }
  for (unsigned i = 0; i < block_.nthreads; i++) {
    threads_[i].fresh = true;
    threads_[i].done = false;
    threads_[i].stack = nullptr;
  }
  copies_.reset(block_.nthreads);
  deferred_.clear();
  shared_.begin_block();
  access_check_.begin_block(block_.nwarps);
}

int BlockRunner::run(EmuU3 block_index) {
  block_.bid = block_index;
  reset_block();
  blocks_started_.fetch_add(1, std::memory_order_relaxed);
  if (sigsetjmp(escape_, 0) == 0) {
    in_kernel_ = 1;
    resume(&scheduler_stack_pointer_, pick(launch_->reverse ? block_.nwarps - 1 : 0));
    in_kernel_ = 0;
    shared_.end_block();
    if (shared_.slack_was_written()) {
      code_ = kIllegalAddress;
      message_ = std::string("bytes behind the dynamic shared memory were written: kernel ") +
                 launch_->kernel->name;
    } else if (!deferred_.empty()) {
      code_ = kLaunchFailed;
      message_ = std::to_string(deferred_.size()) +
                 " asynchronous copies were still in flight when the block ended: kernel " +
                 launch_->kernel->name;
    }
  } else {
    in_kernel_ = 0;
    shared_.end_block();
    stacks_.reclaim_all();  // the fibers of this block are abandoned where they stood
    if (fault_signal_ != 0) message_ = describe_fault();
    message_ += where();
  }
  emu_cur = nullptr;
  return code_;
}

void BlockRunner::resume(void** save, EmuThread* thread) {
  emu_cur = thread;
  if (thread->fresh) {
    thread->fresh = false;
    thread->stack = stacks_.take();
    // What emu_switch pops: six registers, then the return address, on an ABI-aligned stack.
    void** frame = static_cast<void**>(thread->stack) - 2;
    *frame = reinterpret_cast<void*>(&BlockRunner::fiber_entry);
    thread->stack_pointer = frame - 6;
  }
  emu_switch(save, thread->stack_pointer);
}

void BlockRunner::fiber_entry() { current()->run_fiber(); }

// A thread that ends hands its stack to the next unstarted thread, so kernels without barriers
// never switch.
void BlockRunner::run_fiber() {
  for (;;) {
    launch_->kernel->invoke(launch_->params);
    EmuThread* me = emu_cur;
    end_thread(me);
    if (alive_ == 0) {
      stacks_.give_back(me->stack);
      emu_switch(&abandoned_stack_pointer_, scheduler_stack_pointer_);
    }
    EmuThread* next = pick_or_poll(me->warp);
    if (next->fresh) {
      next->fresh = false;
      next->stack = me->stack;
      emu_cur = next;
      continue;
    }
    stacks_.give_back(me->stack);
    emu_cur = next;
    emu_switch(&abandoned_stack_pointer_, next->stack_pointer);
  }
}

void BlockRunner::end_thread(EmuThread* thread) {
  copies_.finish(thread->linear);
  thread->done = true;
  alive_--;
  warps_[thread->warp].exited |= 1u << thread->lane;
  Barrier& all = barriers_[0];
  if (all.arrived != 0 && all.needed == 0 && all.arrived == alive_) release(all);
}

EmuThread* BlockRunner::pick(unsigned w) {
  if (warps_[w].runnable == 0) {
    if (runnable_warps_ == 0) return nullptr;
    // Round robin from the warp that just stopped.
    uint32_t later = runnable_warps_ & (~0u << w);
    w = first_bit(launch_->reverse || later == 0 ? runnable_warps_ : later, launch_->reverse);
  }
  Warp& warp = warps_[w];
  unsigned lane = first_bit(warp.runnable, launch_->reverse);
  warp.runnable &= ~(1u << lane);
  if (warp.runnable == 0) runnable_warps_ &= ~(1u << w);
  return &threads_[w * 32 + lane];
}

EmuThread* BlockRunner::pick_or_poll(unsigned preferred_warp) {
  EmuThread* me = emu_cur;
  EmuThread* next = pick(preferred_warp);
  if (next == nullptr && poll_waiters()) next = pick(preferred_warp);
  emu_cur = me;
  if (next == nullptr) fail(kLaunchFailed, deadlock_report());
  return next;
}

bool BlockRunner::poll_waiters() {
  bool any = false;
  for (size_t i = 0; i < waiters_.size();) {
    Waiter waiter = waiters_[i];
    emu_cur = waiter.thread;  // the condition may run deferred copies, in this thread's name
    if (!ask(waiter.ready, waiter.argument)) {
      i++;
      continue;
    }
    waiters_.erase(waiters_.begin() + static_cast<long>(i));
    wake(waiter.thread);
    any = true;
  }
  return any;
}

// The calling fiber stops here until somebody wakes it.
void BlockRunner::sleep() {
  EmuThread* me = emu_cur;
  EmuThread* next = pick_or_poll(me->warp);
  if (next == me) {
    emu_cur = me;
    return;
  }
  resume(&me->stack_pointer, next);
}

void BlockRunner::wake(unsigned warp, uint32_t lanes) {
  if (lanes == 0) return;
  warps_[warp].runnable |= lanes;
  runnable_warps_ |= 1u << warp;
}

void BlockRunner::yield() {
  EmuThread* me = emu_cur;
  if (runnable_warps_ == 0 && !poll_waiters()) {
    emu_cur = me;
    return;
  }
  emu_cur = me;
  EmuThread* next = pick((me->warp + 1) % block_.nwarps);
  wake(me);
  resume(&me->stack_pointer, next);
}

void BlockRunner::fail(int code, const std::string& message) {
  code_ = code;
  message_ = message;
  siglongjmp(escape_, 1);
}

void BlockRunner::fault_from_signal(int signal, uintptr_t address) {
  fault_signal_ = signal;
  fault_address_ = address;
  code_ = signal == SIGSEGV || signal == SIGBUS  ? kIllegalAddress
          : signal == SIGFPE || signal == SIGILL ? kLaunchFailed
                                                 : kLaunchTimeout;
  siglongjmp(escape_, 1);
}

}  // namespace emu
