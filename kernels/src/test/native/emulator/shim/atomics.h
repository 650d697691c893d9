// SPDX-License-Identifier: Apache-2.0
// Integer atomics. Floating-point atomics are refused: their sums would depend on the order.
#pragma once

template <class T>
constexpr void emu_integer_only() {
  static_assert(std::is_integral_v<T>, "float atomics make sums depend on the order of threads");
}

template <class T>
static inline T atomicAdd(T* address, EmuSame<T> value) {
  emu_integer_only<T>();
  return __atomic_fetch_add(address, value, __ATOMIC_RELAXED);
}
template <class T>
static inline T atomicSub(T* address, EmuSame<T> value) {
  emu_integer_only<T>();
  return __atomic_fetch_sub(address, value, __ATOMIC_RELAXED);
}
template <class T>
static inline T atomicAnd(T* address, EmuSame<T> value) {
  emu_integer_only<T>();
  return __atomic_fetch_and(address, value, __ATOMIC_RELAXED);
}
template <class T>
static inline T atomicOr(T* address, EmuSame<T> value) {
  emu_integer_only<T>();
  return __atomic_fetch_or(address, value, __ATOMIC_RELAXED);
}
template <class T>
static inline T atomicXor(T* address, EmuSame<T> value) {
  emu_integer_only<T>();
  return __atomic_fetch_xor(address, value, __ATOMIC_RELAXED);
}
template <class T>
static inline T atomicCAS(T* address, EmuSame<T> compare, EmuSame<T> value) {
  emu_integer_only<T>();
  __atomic_compare_exchange_n(address, &compare, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return compare;
}
template <class T>
static inline T atomicExch(T* address, EmuSame<T> value) {
  emu_integer_only<T>();
  return __atomic_exchange_n(address, value, __ATOMIC_SEQ_CST);
}
static inline float atomicExch(float* address, float value) {  // no sum, so no order
  unsigned bits;
  memcpy(&bits, &value, sizeof bits);
  bits = __atomic_exchange_n(reinterpret_cast<unsigned*>(address), bits, __ATOMIC_SEQ_CST);
  memcpy(&value, &bits, sizeof bits);
  return value;
}

// Applies next(old) atomically and returns the old value.
template <class T, class Next>
static inline T emu_atomic_update(T* address, Next next) {
  emu_integer_only<T>();
  T old = __atomic_load_n(address, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(address, &old, next(old), false, __ATOMIC_RELAXED,
                                      __ATOMIC_RELAXED)) {
  }
  return old;
}
template <class T>
static inline T atomicMax(T* address, EmuSame<T> value) {
  return emu_atomic_update(address, [value](T old) { return old < value ? value : old; });
}
template <class T>
static inline T atomicMin(T* address, EmuSame<T> value) {
  return emu_atomic_update(address, [value](T old) { return value < old ? value : old; });
}
static inline unsigned atomicInc(unsigned* address, unsigned limit) {
  return emu_atomic_update(address, [limit](unsigned old) { return old >= limit ? 0 : old + 1; });
}
static inline unsigned atomicDec(unsigned* address, unsigned limit) {
  return emu_atomic_update(
      address, [limit](unsigned old) { return old == 0 || old > limit ? limit : old - 1; });
}
