// SPDX-License-Identifier: Apache-2.0
//
// Barriers in shared memory that also count bytes, bulk copies that complete on them, barriers of a
// part of a block, and the registers of warpgroups: Hopper's instructions (sm_90, setmaxnreg
// sm_90a) behind one function each, with its host twin. See PTX ISA, "Parallel synchronization
// instructions: mbarrier" and "cp.async.bulk".
#pragma once

#include "ptx.h"

// A barrier's phase is complete when all its arrivals and all its expected bytes are there; then
// the next phase begins. Waiting for parity p returns once the phase of that parity (0 for the
// first) is complete. 8 bytes of shared memory.
struct __align__(8) Mbarrier {
  uint64_t word;
};

#ifdef __CUDACC__

#if KARCH >= 900

// To be made known to the other threads and to copies by fence_proxy_async and __syncthreads.
__device__ __forceinline__ void mbarrier_init(Mbarrier* barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;"
               :
               : "r"(shared_address(barrier)), "r"(arrivals)
               : "memory");
}

__device__ __forceinline__ void mbarrier_arrive(Mbarrier* barrier) {
  asm volatile("mbarrier.arrive.release.cta.shared::cta.b64 _, [%0];"
               :
               : "r"(shared_address(barrier))
               : "memory");
}

// The current phase needs so many bytes more. Not an arrival.
__device__ __forceinline__ void mbarrier_expect_bytes(Mbarrier* barrier, int bytes) {
  asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;"
               :
               : "r"(shared_address(barrier)), "r"(bytes)
               : "memory");
}

__device__ __forceinline__ void mbarrier_wait(Mbarrier* barrier, int parity) {
  uint32_t is_complete;
  do {
    asm volatile(
        "{\n"
        ".reg .pred p;\n"
        "mbarrier.try_wait.parity.acquire.cta.shared::cta.b64 p, [%1], %2;\n"
        "selp.u32 %0, 1, 0, p;\n"
        "}"
        : "=r"(is_complete)
        : "r"(shared_address(barrier)), "r"(parity)
        : "memory");
  } while (is_complete == 0);
}

// Copies contiguous bytes (a multiple of 16; addresses likewise) from global to shared memory and
// counts them on the barrier. One thread does it for all.
__device__ __forceinline__ void bulk_copy(void* to, const void* from, int bytes,
                                          Mbarrier* barrier) {
  asm volatile(
      "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];"
      :
      : "r"(shared_address(to)), "l"(__cvta_generic_to_global(from)), "r"(bytes),
        "r"(shared_address(barrier))
      : "memory");
}

// Orders this thread's ordinary accesses to shared memory (cp.async too) before those of the
// tensor cores and of bulk copies that a barrier after it lets begin, and the other way round.
__device__ __forceinline__ void fence_proxy_async() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

#endif

// A barrier of `threads` threads (whole warps) of the block. Number 0 is __syncthreads.
__device__ __forceinline__ void named_barrier(int number, int threads) {
  asm volatile("bar.sync %0, %1;" : : "r"(number), "r"(threads) : "memory");
}

#if KARCH_IS_SM90A

// Gives registers of each thread of the warpgroup back to the block, or takes some from it.
template <int REGISTERS>
__device__ __forceinline__ void give_registers_down_to() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" : : "n"(REGISTERS));
}

template <int REGISTERS>
__device__ __forceinline__ void take_registers_up_to() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" : : "n"(REGISTERS));
}

#endif

#else  // twins

// What the twin keeps in the barrier's eight bytes.
struct TwinMbarrier {
  int32_t missing_bytes;
  uint16_t missing_arrivals;
  uint16_t arrivals : 15;
  uint16_t phase : 1;
};
static_assert(sizeof(TwinMbarrier) == sizeof(Mbarrier));

// Barriers are atomic on the device; the checks for races must not see the twin's plain accesses.
#define TWIN_UNCHECKED EMU_HARDWARE __attribute__((noinline, unused))

TWIN_UNCHECKED static TwinMbarrier* twin_mbarrier(void* barrier) {
  if (EMU_ARCH < 900) emu_trap("mbarrier with bytes needs sm_90");
  if (reinterpret_cast<uintptr_t>(barrier) % 8 != 0) emu_trap("mbarrier: not aligned to 8 bytes");
  return static_cast<TwinMbarrier*>(barrier);
}

TWIN_UNCHECKED static void twin_mbarrier_complete(TwinMbarrier* barrier) {
  if (barrier->missing_arrivals == 0 && barrier->missing_bytes == 0) {
    barrier->phase ^= 1;
    barrier->missing_arrivals = barrier->arrivals;
  }
}

TWIN_UNCHECKED static void mbarrier_init(Mbarrier* barrier, int arrivals) {
  TwinMbarrier* twin = twin_mbarrier(barrier);
  twin->missing_bytes = 0;
  twin->missing_arrivals = static_cast<uint16_t>(arrivals);
  twin->arrivals = static_cast<uint16_t>(arrivals);
  twin->phase = 0;
}

TWIN_UNCHECKED static void mbarrier_arrive(Mbarrier* barrier) {
  TwinMbarrier* twin = twin_mbarrier(barrier);
  if (twin->missing_arrivals == 0) emu_trap("mbarrier: more arrivals than it was made for");
  twin->missing_arrivals--;
  twin_mbarrier_complete(twin);
}

TWIN_UNCHECKED static void mbarrier_expect_bytes(Mbarrier* barrier, int bytes) {
  twin_mbarrier(barrier)->missing_bytes += bytes;
}

struct TwinMbarrierWait {
  Mbarrier* barrier;
  int parity;
};

TWIN_UNCHECKED static int twin_mbarrier_ready(void* argument) {
  const TwinMbarrierWait* wait = static_cast<TwinMbarrierWait*>(argument);
  emu_run_deferred(wait->barrier);
  return twin_mbarrier(wait->barrier)->phase != wait->parity;
}

static inline void mbarrier_wait(Mbarrier* barrier, int parity) {
  TwinMbarrierWait wait{barrier, parity};
  emu_wait_until(twin_mbarrier_ready, &wait, "mbarrier");
}

struct TwinBulkCopy {
  void* to;
  const void* from;
  int bytes;
  Mbarrier* barrier;
};

TWIN_UNCHECKED static void twin_bulk_copy(void* argument) {
  const TwinBulkCopy* copy = static_cast<TwinBulkCopy*>(argument);
  memcpy(copy->to, copy->from, static_cast<size_t>(copy->bytes));
  TwinMbarrier* barrier = twin_mbarrier(copy->barrier);
  barrier->missing_bytes -= copy->bytes;
  twin_mbarrier_complete(barrier);
}

// Happens when somebody waits for the barrier; until then the target holds NaN.
TWIN_UNCHECKED static void bulk_copy(void* to, const void* from, int bytes, Mbarrier* barrier) {
  if ((reinterpret_cast<uintptr_t>(to) | reinterpret_cast<uintptr_t>(from) | bytes) % 16 != 0) {
    emu_trap("cp.async.bulk: addresses and length must be multiples of 16");
  }
  emu_check_read(from, static_cast<size_t>(bytes));
  emu_check_write(to, static_cast<size_t>(bytes));
  memset(to, 0xff, static_cast<size_t>(bytes));
  const TwinBulkCopy copy{to, from, bytes, barrier};
  emu_defer(twin_bulk_copy, &copy, sizeof(copy), barrier);
}

// The twin's accesses have one order already.
static inline void fence_proxy_async() {}

static inline void named_barrier(int number, int threads) { emu_barrier(number, threads, 0, 0); }

template <int REGISTERS>
static inline void give_registers_down_to() {}

template <int REGISTERS>
static inline void take_registers_up_to() {}

#endif
