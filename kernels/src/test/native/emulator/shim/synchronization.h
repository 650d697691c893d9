// SPDX-License-Identifier: Apache-2.0
#pragma once

static inline void __syncthreads() { emu_barrier(0, 0, 0, 0); }
static inline int __syncthreads_and(int predicate) { return emu_barrier(0, 0, 1, predicate); }
static inline int __syncthreads_or(int predicate) { return emu_barrier(0, 0, 2, predicate); }
static inline int __syncthreads_count(int predicate) { return emu_barrier(0, 0, 3, predicate); }

static inline void emu_nothing(uint32_t, void**) {}
static inline void __syncwarp(unsigned mask = 0xffffffffu) {
  emu_collective(mask, emu_nothing, nullptr, "__syncwarp");
}

static inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void __threadfence_system() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void __threadfence_block() {}

static inline void __nanosleep(unsigned) { emu_yield(); }
[[noreturn]] static inline void __trap() { emu_trap("__trap"); }
