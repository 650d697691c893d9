// SPDX-License-Identifier: Apache-2.0
// What a host-compiled kernel library (a "twin") and the emulated driver know of each other.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct EmuU3 {
  unsigned x, y, z;
};

struct EmuBlock;

// One CUDA thread. Twins read the first five fields; the engine owns the rest.
struct EmuThread {
  EmuU3 tid;
  unsigned lane, warp, linear;
  EmuBlock* blk;
  void* stack_pointer;
  void* stack;
  int predicate;
  bool fresh, done;
};

// The thread block that a worker executes now. `dyn` is its dynamic shared memory.
struct EmuBlock {
  EmuU3 bid, bdim, gdim;
  unsigned nthreads, nwarps;
  char* dyn;
  size_t dynsize;
};

extern "C" {

// The CUDA thread that runs on this operating system thread. Blocks never migrate between workers,
// so a twin may keep the address of shared memory across a rendezvous.
extern
    __attribute__((tls_model("initial-exec"), visibility("default"))) __thread EmuThread* emu_cur;

// Rendezvous of all lanes of `mask`; the last lane to arrive runs `fn` over the 32 argument
// pointers (only those of lanes in the mask are valid) before anybody goes on.
void emu_collective(uint32_t mask, void (*fn)(uint32_t mask, void** lane_args), void* arg,
                    const char* what);

// The same for the `nthreads` consecutive threads (a warpgroup) that the caller belongs to.
void emu_group_collective(int nthreads, void (*fn)(void** args), void* arg, const char* what);

// Barrier `id` of `nthreads` threads (0: all that have not ended). kind: 0 plain, 1 and, 2 or,
// 3 count of the predicates; the result is the reduced predicate.
int emu_barrier(int id, int nthreads, int kind, int predicate);

// Lets every other thread of the block run once before the caller goes on.
void emu_yield(void);

// Ends the launch with CUDA_ERROR_LAUNCH_FAILED and this message.
void emu_trap(const char* message) __attribute__((noreturn));

// cp.async: the bytes arrive at the wait, and the destination is poisoned until then.
void emu_cp_async(void* destination, const void* source, int bytes);
void emu_cp_commit(void);
void emu_cp_wait(int groups_still_in_flight);

// Sleeps until ready(arg) != 0. ready is asked when no other thread can run; if nobody can run and
// no condition holds, the launch fails with a report that names `what`.
void emu_wait_until(int (*ready)(void*), void* arg, const char* what);

// Queues an asynchronous completion under `key` (usually an mbarrier); the argument is copied.
void emu_defer(void (*run)(void*), const void* arg, size_t arg_bytes, const void* key);
// Runs and removes, in order, everything queued under `key`; returns how many there were.
int emu_run_deferred(const void* key);

// A function that models hardware (the state of an mbarrier): its accesses are not checked.
#define EMU_HARDWARE __attribute__((no_sanitize("thread")))

// Explicit checks for accesses that the compiler does not instrument (checked twins only; the
// calls are cheap no-ops in a launch that is not checked).
void emu_check_read(const void* address, size_t bytes);
void emu_check_write(void* address, size_t bytes);

typedef void (*EmuInvoke)(void** params);

struct EmuKernel {
  const char* name;
  EmuInvoke invoke;
  int nparams;
  const uint16_t* param_size;
  const uint8_t* param_is_ptr;
};

enum { EMU_TWIN_ABI = 2 };

// Every twin exports one of these as `emu_twin`.
struct EmuTwin {
  int abi;
  int checked;
  int arch;  // 750, 800 or 900 (= sm_90a)
  int nkernels;
  const EmuKernel* kernels;
  void* (*touch_tls)(void);  // makes this thread's copy of the twin's static shared memory
};
}
