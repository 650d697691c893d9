// SPDX-License-Identifier: Apache-2.0
// Where the threads of a block meet: warp collectives, warpgroup collectives, barriers, conditions.
#include <cstdio>

#include "engine/block_runner.h"

namespace emu {

namespace {

std::string hex(uint32_t value) {
  char text[16];
  snprintf(text, sizeof text, "%08x", value);
  return text;
}

}  // namespace

void BlockRunner::rendezvous(uint32_t mask, void (*fn)(uint32_t, void**), void* argument,
                             const char* what) {
  EmuThread* me = emu_cur;
  Warp& warp = warps_[me->warp];
  uint32_t bit = 1u << me->lane;
  if ((mask & bit) == 0) {
    fail(kLaunchFailed, std::string(what) + " whose mask leaves out the calling lane");
  }
  warp.arguments[me->lane] = argument;
  int i = 0;
  while (i < warp.group_count && (warp.groups[i].mask & mask) == 0) i++;
  if (i == warp.group_count) warp.groups[warp.group_count++] = {mask, 0, fn, what};
  Group& group = warp.groups[i];
  if (group.mask != mask || group.fn != fn) {
    fail(kLaunchFailed, std::string("lanes of one warp disagree: ") + what + " mask " + hex(mask) +
                            " against " + group.what + " mask " + hex(group.mask));
  }
  group.arrived |= bit;
  if (group.arrived != mask) {
    sleep();
    return;
  }
  access_check_.warp_met(me->warp);
  group = warp.groups[--warp.group_count];
  fn(mask, warp.arguments);
  wake(me->warp, mask & ~bit);
}

void BlockRunner::group_rendezvous(int threads, void (*fn)(void**), void* argument,
                                   const char* what) {
  EmuThread* me = emu_cur;
  unsigned size = static_cast<unsigned>(threads);
  unsigned first = me->linear / size * size;
  unsigned index = me->linear / size;
  if (first + size > block_.nthreads) {
    fail(kLaunchFailed, std::string(what) + " outside a full warpgroup");
  }
  group_arguments_[me->linear] = argument;
  if (++group_arrived_[index] < threads) {
    sleep();
    return;
  }
  group_arrived_[index] = 0;
  fn(group_arguments_ + first);
  for (unsigned w = first / 32; w < (first + size) / 32; w++) {
    wake(w, w == me->warp ? ~(1u << me->lane) : ~0u);
    access_check_.warp_met(w);
  }
}

int BlockRunner::barrier(int id, int threads, int kind, int predicate) {
  EmuThread* me = emu_cur;
  Barrier& barrier = barriers_[id];
  if (barrier.arrived == 0) {
    barrier.kind = kind;
    barrier.needed = threads;
    barrier.accumulated = kind == 1 ? 1 : 0;
  } else if (barrier.kind != kind || barrier.needed != threads) {
    fail(kLaunchFailed, "threads disagree about barrier " + std::to_string(id));
  }
  if (kind == 1) barrier.accumulated &= predicate != 0;
  if (kind == 2) barrier.accumulated |= predicate != 0;
  if (kind == 3) barrier.accumulated += predicate != 0;
  barrier.arrived++;
  if (barrier.arrived == (threads != 0 ? threads : alive_)) {
    int result = barrier.accumulated;
    release(barrier);
    return result;
  }
  barrier.lanes[me->warp] |= 1u << me->lane;
  sleep();
  return me->predicate;
}

void BlockRunner::release(Barrier& barrier) {
  for (unsigned w = 0; w < block_.nwarps; w++) {
    uint32_t lanes = barrier.lanes[w];
    barrier.lanes[w] = 0;
    for (uint32_t rest = lanes; rest != 0; rest &= rest - 1) {
      threads_[w * 32 + static_cast<unsigned>(__builtin_ctz(rest))].predicate = barrier.accumulated;
    }
    wake(w, lanes);
  }
  barrier.arrived = 0;
  barrier.needed = 0;
  access_check_.block_met();
}

bool BlockRunner::ask(int (*ready)(void*), void* argument) {
  access_check_.suspend_race_checks(true);
  bool holds = ready(argument) != 0;
  access_check_.suspend_race_checks(false);
  return holds;
}

void BlockRunner::wait_until(int (*ready)(void*), void* argument, const char* what) {
  if (!ask(ready, argument)) {
    waiters_.push_back({emu_cur, ready, argument, what});
    sleep();
  }
  access_check_.block_met();
}

std::string BlockRunner::deadlock_report() const {
  constexpr size_t kEnough = 600;
  std::string report = "deadlock, no thread can run:";
  for (unsigned w = 0; w < block_.nwarps && report.size() < kEnough; w++) {
    const Warp& warp = warps_[w];
    for (int g = 0; g < warp.group_count && report.size() < kEnough; g++) {
      report += " [warp " + std::to_string(w) + ": " + warp.groups[g].what + " mask " +
                hex(warp.groups[g].mask) + ", arrived " + hex(warp.groups[g].arrived) +
                ", exited " + hex(warp.exited) + "]";
    }
  }
  for (int i = 0; i < kBarriers; i++) {
    if (barriers_[i].arrived == 0) continue;
    int needed = barriers_[i].needed != 0 ? barriers_[i].needed : alive_;
    report += " [barrier " + std::to_string(i) + ": " + std::to_string(barriers_[i].arrived) +
              " of " + std::to_string(needed) + " threads]";
  }
  for (const Waiter& waiter : waiters_) {
    if (report.size() >= kEnough) break;
    report +=
        " [thread " + std::to_string(waiter.thread->linear) + " waits for " + waiter.what + "]";
  }
  return report;
}

}  // namespace emu

extern "C" {

#define EMU_EXPORT __attribute__((visibility("default")))

EMU_EXPORT void emu_collective(uint32_t mask, void (*fn)(uint32_t, void**), void* arg,
                               const char* what) {
  emu::BlockRunner::current()->rendezvous(mask, fn, arg, what);
}

EMU_EXPORT void emu_group_collective(int nthreads, void (*fn)(void**), void* arg,
                                     const char* what) {
  emu::BlockRunner::current()->group_rendezvous(nthreads, fn, arg, what);
}

EMU_EXPORT int emu_barrier(int id, int nthreads, int kind, int predicate) {
  return emu::BlockRunner::current()->barrier(id, nthreads, kind, predicate);
}

EMU_EXPORT void emu_yield(void) { emu::BlockRunner::current()->yield(); }

EMU_EXPORT void emu_trap(const char* message) {
  emu::BlockRunner::current()->fail(emu::kLaunchFailed, message);
}

EMU_EXPORT void emu_cp_async(void* destination, const void* source, int bytes) {
  emu::BlockRunner* runner = emu::BlockRunner::current();
  emu_check_read(source, static_cast<size_t>(bytes));
  emu_check_write(destination, static_cast<size_t>(bytes));
  runner->copies().add(emu_cur->linear, destination, source, bytes);
}

EMU_EXPORT void emu_cp_commit(void) {
  emu::BlockRunner::current()->copies().commit(emu_cur->linear);
}

EMU_EXPORT void emu_cp_wait(int groups_still_in_flight) {
  emu::BlockRunner::current()->copies().wait(emu_cur->linear, groups_still_in_flight);
}

EMU_EXPORT void emu_wait_until(int (*ready)(void*), void* arg, const char* what) {
  emu::BlockRunner::current()->wait_until(ready, arg, what);
}

EMU_EXPORT void emu_defer(void (*run)(void*), const void* arg, size_t arg_bytes, const void* key) {
  if (!emu::BlockRunner::current()->deferred().add(run, arg, arg_bytes, key)) {
    emu_trap("the argument of an asynchronous completion is too large");
  }
}

EMU_EXPORT int emu_run_deferred(const void* key) {
  return emu::BlockRunner::current()->deferred().run(key);
}
}
