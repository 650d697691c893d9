// SPDX-License-Identifier: Apache-2.0
// Bit casts and conversions. Float to integer saturates and turns NaN into 0, as on a device.
#pragma once

template <class To, class From>
static inline To emu_bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  memcpy(&to, &from, sizeof to);
  return to;
}

static inline int __float_as_int(float x) { return emu_bits<int>(x); }
static inline unsigned __float_as_uint(float x) { return emu_bits<unsigned>(x); }
static inline float __int_as_float(int x) { return emu_bits<float>(x); }
static inline float __uint_as_float(unsigned x) { return emu_bits<float>(x); }
static inline long long __double_as_longlong(double x) { return emu_bits<long long>(x); }
static inline double __longlong_as_double(long long x) { return emu_bits<double>(x); }
static inline int __double2loint(double x) { return static_cast<int>(__double_as_longlong(x)); }
static inline int __double2hiint(double x) {
  return static_cast<int>(__double_as_longlong(x) >> 32);
}
static inline double __hiloint2double(int high, int low) {
  return __longlong_as_double(static_cast<long long>(high) << 32 | static_cast<unsigned>(low));
}

// `rounded` is integral already.
template <class To, class From>
static inline To emu_saturate(From rounded) {
  if (rounded != rounded)
    return std::is_same_v<From, double> ? std::numeric_limits<To>::min() : To{0};
  // 2^digits is exact, max() may not be.
  const From limit = std::ldexp(From{1}, std::numeric_limits<To>::digits);
  if (rounded >= limit) return std::numeric_limits<To>::max();
  if (rounded < (std::is_signed_v<To> ? -limit : From{0})) return std::numeric_limits<To>::min();
  return static_cast<To>(rounded);
}

#define EMU_ROUNDINGS(from, From, to, To)                                                       \
  static inline To __##from##2##to##_rn(From x) { return emu_saturate<To>(std::nearbyint(x)); } \
  static inline To __##from##2##to##_rz(From x) { return emu_saturate<To>(std::trunc(x)); }     \
  static inline To __##from##2##to##_rd(From x) { return emu_saturate<To>(std::floor(x)); }     \
  static inline To __##from##2##to##_ru(From x) { return emu_saturate<To>(std::ceil(x)); }
EMU_ROUNDINGS(float, float, int, int)
EMU_ROUNDINGS(float, float, uint, unsigned)
EMU_ROUNDINGS(float, float, ll, long long)
EMU_ROUNDINGS(float, float, ull, unsigned long long)
EMU_ROUNDINGS(double, double, int, int)
EMU_ROUNDINGS(double, double, uint, unsigned)
EMU_ROUNDINGS(double, double, ll, long long)
EMU_ROUNDINGS(double, double, ull, unsigned long long)
#undef EMU_ROUNDINGS

static inline float __int2float_rn(int x) { return static_cast<float>(x); }
static inline float __uint2float_rn(unsigned x) { return static_cast<float>(x); }
static inline float __ll2float_rn(long long x) { return static_cast<float>(x); }
static inline float __ull2float_rn(unsigned long long x) { return static_cast<float>(x); }
static inline float __double2float_rn(double x) { return static_cast<float>(x); }
static inline double __int2double_rn(int x) { return x; }
static inline double __uint2double_rn(unsigned x) { return x; }
static inline double __ll2double_rn(long long x) { return static_cast<double>(x); }
static inline double __ull2double_rn(unsigned long long x) { return static_cast<double>(x); }
