// SPDX-License-Identifier: Apache-2.0
// Ends endless kernels. It counts processor time, not wall time, so that a busy machine does not
// make a slow test look like a hanging one.
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "engine/device_engine.h"
#include "engine/signals.h"

namespace emu {

namespace {

std::atomic<long> g_timeout_ms{0};

long cpu_ms(pthread_t thread) {
  clockid_t clock;
  timespec time{};
  if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

struct Seen {
  uint64_t block;
  long cpu;
};

void watch() {
  std::map<BlockRunner*, Seen> seen;
  for (;;) {
    usleep(50000);
    long timeout = g_timeout_ms;
    if (timeout == 0) continue;
    for (BlockRunner* runner : BlockRunner::all()) {
      if (!runner->in_kernel()) continue;
      uint64_t block = runner->blocks_started();
      long cpu = cpu_ms(runner->os_thread());
      auto [entry, fresh] = seen.try_emplace(runner, Seen{block, cpu});
      if (!fresh && entry->second.block != block) entry->second = {block, cpu};
      if (cpu - entry->second.cpu > timeout) pthread_kill(runner->os_thread(), timeout_signal());
    }
  }
}

}  // namespace

void set_block_timeout_ms(long timeout) {
  static std::once_flag started;
  g_timeout_ms = timeout;
  if (timeout != 0) std::call_once(started, [] { std::thread(watch).detach(); });
}

}  // namespace emu
