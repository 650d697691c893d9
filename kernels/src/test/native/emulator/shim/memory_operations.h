// SPDX-License-Identifier: Apache-2.0
// Loads and stores with a cache hint; the hint means nothing here.
#pragma once

template <class T>
static inline T __ldg(const T* p) {
  return *p;
}
template <class T>
static inline T __ldca(const T* p) {
  return *p;
}
template <class T>
static inline T __ldcg(const T* p) {
  return *p;
}
template <class T>
static inline T __ldcs(const T* p) {
  return *p;
}
template <class T>
static inline T __ldlu(const T* p) {
  return *p;
}
template <class T>
static inline T __ldcv(const T* p) {
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  return *p;
}
template <class T>
static inline void __stwb(T* p, EmuSame<T> value) {
  *p = value;
}
template <class T>
static inline void __stcg(T* p, EmuSame<T> value) {
  *p = value;
}
template <class T>
static inline void __stcs(T* p, EmuSame<T> value) {
  *p = value;
}
template <class T>
static inline void __stwt(T* p, EmuSame<T> value) {
  *p = value;
}
