// SPDX-License-Identifier: Apache-2.0
#include "engine/signals.h"

#include <signal.h>

#include <cstdio>
#include <cstdlib>

#include "engine/block_runner.h"
#include "engine/lazy_poison.h"

namespace emu {

namespace {

constexpr int kFaults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
struct sigaction g_previous[64];

void forward(int signal, siginfo_t* info, void* context) {
  const struct sigaction& previous = g_previous[signal];
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    // With the mask its owner asked for; returning from the signal restores the old one.
    pthread_sigmask(SIG_BLOCK, &previous.sa_mask, nullptr);
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler == SIG_IGN) {
    return;
  } else if (previous.sa_handler != SIG_DFL) {
    previous.sa_handler(signal);
  } else {
    ::signal(signal, SIG_DFL);
    raise(signal);
  }
}

void on_fault(int signal, siginfo_t* info, void* context) {
  if (signal == SIGSEGV && LazyPoison::handle_fault(reinterpret_cast<uintptr_t>(info->si_addr))) {
    return;
  }
  BlockRunner* runner = BlockRunner::current();
  if (runner != nullptr && runner->in_kernel()) {
    runner->fault_from_signal(signal, reinterpret_cast<uintptr_t>(info->si_addr));
  }
  forward(signal, info, context);
}

void on_timeout(int signal, siginfo_t*, void*) {
  BlockRunner* runner = BlockRunner::current();
  if (runner != nullptr && runner->in_kernel()) runner->fault_from_signal(signal, 0);
}

struct sigaction action(void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction result = {};
  result.sa_sigaction = handler;
  // NODEFER: the handler is left by siglongjmp, which must not leave the signal blocked.
  result.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART;
  sigemptyset(&result.sa_mask);
  return result;
}

}  // namespace

// HotSpot uses SIGUSR2 itself, so the watchdog takes a real-time signal.
int timeout_signal() { return SIGRTMIN + 7; }

void install_signal_handlers() {
  struct sigaction fault = action(on_fault);
  for (int signal : kFaults) sigaction(signal, &fault, &g_previous[signal]);
  struct sigaction timeout = action(on_timeout);
  sigaction(timeout_signal(), &timeout, nullptr);
}

void use_alternate_signal_stack() {
  constexpr size_t kBytes = 64 << 10;
  stack_t stack = {};
  stack.ss_size = kBytes;
  stack.ss_sp = malloc(kBytes);
  if (stack.ss_sp == nullptr || sigaltstack(&stack, nullptr) != 0) {
    perror("[emu] no alternate signal stack");
    abort();
  }
}

std::string BlockRunner::where() const {
  char text[256];
  const EmuU3& block = block_.bid;
  if (emu_cur == nullptr) return "";
  const EmuU3& thread = emu_cur->tid;
  snprintf(text, sizeof text, ": kernel %s block (%u,%u,%u) thread (%u,%u,%u)",
           launch_->kernel->name, block.x, block.y, block.z, thread.x, thread.y, thread.z);
  return text;
}

std::string BlockRunner::describe_fault() const {
  if (code_ == kLaunchTimeout) return "launch timed out";
  if (fault_signal_ == SIGFPE) return "integer division fault";
  if (fault_signal_ == SIGILL) return "illegal instruction";
  char text[256];
  uintptr_t address = fault_address_;
  if (stacks_.is_guard(address)) return "a thread's local memory overflowed its stack";
  if (shared_.in_guard(address)) return "access behind the dynamic shared memory";
  if (!in_windows(address)) {
    snprintf(text, sizeof text, "illegal address %#zx (null, misaligned or host memory)",
             static_cast<size_t>(address));
    return text;
  }
  const char* why = "out of bounds";
  auto related = allocations().find_freed(address);
  if (related) {
    why = "use after free";
  } else {
    related = allocations().nearest_below(address);
  }
  snprintf(
      text, sizeof text,
      "illegal address %#zx of device %d (%s, nearest allocation #%llu), kernel runs on device %d",
      static_cast<size_t>(address), window_of(address), why,
      static_cast<unsigned long long>(related ? related->id : 0), launch_->device);
  return text;
}

}  // namespace emu
