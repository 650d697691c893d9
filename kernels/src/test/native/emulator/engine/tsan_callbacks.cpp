// SPDX-License-Identifier: Apache-2.0
// Checked twins are compiled with -fsanitize=thread for its instrumentation only. The compiler
// then calls these functions round every access; libtsan itself is never loaded.
#include <cstdint>

#include "engine/block_runner.h"

namespace {

inline void check(const void* address, size_t bytes, emu::Access access, bool aligned = false) {
  emu::BlockRunner* runner = emu::BlockRunner::current();
  if (runner == nullptr || !runner->in_kernel()) return;
  runner->access_check().check(reinterpret_cast<uintptr_t>(address), bytes, access, aligned);
}

}  // namespace

extern "C" {

#define EXPORT __attribute__((visibility("default")))

#define PLAIN_ACCESS(n)                                                                       \
  EXPORT void __tsan_read##n(void* p) { check(p, n, emu::Access::kRead, true); }              \
  EXPORT void __tsan_write##n(void* p) { check(p, n, emu::Access::kWrite, true); }            \
  EXPORT void __tsan_volatile_read##n(void* p) { check(p, n, emu::Access::kRead, true); }     \
  EXPORT void __tsan_volatile_write##n(void* p) { check(p, n, emu::Access::kWrite, true); }   \
  EXPORT void __tsan_unaligned_read##n(void* p) { check(p, n, emu::Access::kRead); }          \
  EXPORT void __tsan_unaligned_write##n(void* p) { check(p, n, emu::Access::kWrite); }        \
  EXPORT void __tsan_unaligned_volatile_read##n(void* p) { check(p, n, emu::Access::kRead); } \
  EXPORT void __tsan_unaligned_volatile_write##n(void* p) { check(p, n, emu::Access::kWrite); }

PLAIN_ACCESS(1)
PLAIN_ACCESS(2)
PLAIN_ACCESS(4)
PLAIN_ACCESS(8)
PLAIN_ACCESS(16)

EXPORT void __tsan_read_range(void* p, size_t bytes) {
  if (bytes != 0) check(p, bytes, emu::Access::kRead);
}
EXPORT void __tsan_write_range(void* p, size_t bytes) {
  if (bytes != 0) check(p, bytes, emu::Access::kWrite);
}
EXPORT void emu_check_read(const void* p, size_t bytes) {
  emu::BlockRunner* runner = emu::BlockRunner::current();
  if (runner->checked() && bytes != 0) check(p, bytes, emu::Access::kRead);
}
EXPORT void emu_check_write(void* p, size_t bytes) {
  emu::BlockRunner* runner = emu::BlockRunner::current();
  if (runner->checked() && bytes != 0) check(p, bytes, emu::Access::kWrite);
}

EXPORT void __tsan_init() {}
EXPORT void __tsan_func_entry(void*) {}
EXPORT void __tsan_func_exit() {}
EXPORT void __tsan_vptr_update(void**, void*) {}
EXPORT void __tsan_vptr_read(void**) {}
EXPORT void __tsan_atomic_thread_fence(int) {}
EXPORT void __tsan_atomic_signal_fence(int) {}

#define ATOMIC_RMW(n, T, name)                             \
  EXPORT T __tsan_atomic##n##_##name(T* p, T value, int) { \
    check(p, sizeof(T), emu::Access::kAtomic, true);       \
    return __atomic_##name(p, value, __ATOMIC_SEQ_CST);    \
  }
#define ATOMIC_CAS(n, T, name)                                                                  \
  EXPORT int __tsan_atomic##n##_compare_exchange_##name(T* p, T* expected, T value, int, int) { \
    check(p, sizeof(T), emu::Access::kAtomic, true);                                            \
    return __atomic_compare_exchange_n(p, expected, value, false, __ATOMIC_SEQ_CST,             \
                                       __ATOMIC_SEQ_CST);                                       \
  }
#define ATOMICS(n, T)                                        \
  EXPORT T __tsan_atomic##n##_load(const T* p, int) {        \
    check(p, sizeof(T), emu::Access::kAtomic, true);         \
    return __atomic_load_n(p, __ATOMIC_SEQ_CST);             \
  }                                                          \
  EXPORT void __tsan_atomic##n##_store(T* p, T value, int) { \
    check(p, sizeof(T), emu::Access::kAtomic, true);         \
    __atomic_store_n(p, value, __ATOMIC_SEQ_CST);            \
  }                                                          \
  EXPORT T __tsan_atomic##n##_exchange(T* p, T value, int) { \
    check(p, sizeof(T), emu::Access::kAtomic, true);         \
    return __atomic_exchange_n(p, value, __ATOMIC_SEQ_CST);  \
  }                                                          \
  ATOMIC_RMW(n, T, fetch_add)                                \
  ATOMIC_RMW(n, T, fetch_sub)                                \
  ATOMIC_RMW(n, T, fetch_and)                                \
  ATOMIC_RMW(n, T, fetch_or)                                 \
  ATOMIC_RMW(n, T, fetch_xor)                                \
  ATOMIC_CAS(n, T, strong)                                   \
  ATOMIC_CAS(n, T, weak)

ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)
}
