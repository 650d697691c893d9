// SPDX-License-Identifier: Apache-2.0
// The functions that cuda_bf16.h and cuda_fp16.h declare for devices only. A fused multiply-add of
// 16-bit values is exact in double before its one rounding (their products have at most 22 bits).
#pragma once

static inline double emu_wide(__nv_bfloat16 x) { return __bfloat162float(x); }
static inline double emu_wide(__half x) { return __half2float(x); }
static inline __nv_bfloat16 emu_narrow_as(__nv_bfloat16, double x) { return __double2bfloat16(x); }
static inline __half emu_narrow_as(__half, double x) { return __double2half(x); }

#define EMU_FMA(T)                                                                 \
  static inline T __hfma(T a, T b, T c) {                                          \
    return emu_narrow_as(a, __builtin_fma(emu_wide(a), emu_wide(b), emu_wide(c))); \
  }                                                                                \
  static inline T __hfma_relu(T a, T b, T c) {                                     \
    T result = __hfma(a, b, c);                                                    \
    return emu_wide(result) < 0.0 ? emu_narrow_as(a, 0.0) : result;                \
  }
EMU_FMA(__nv_bfloat16)
EMU_FMA(__half)
#undef EMU_FMA

static inline __nv_bfloat162 emu_pair(__nv_bfloat16 x, __nv_bfloat16 y) {
  return __halves2bfloat162(x, y);
}
static inline __half2 emu_pair(__half x, __half y) { return __halves2half2(x, y); }

#define EMU_FMA_PAIRS(T)                                                     \
  static inline T __hfma2(T a, T b, T c) {                                   \
    return emu_pair(__hfma(a.x, b.x, c.x), __hfma(a.y, b.y, c.y));           \
  }                                                                          \
  static inline T __hfma2_relu(T a, T b, T c) {                              \
    return emu_pair(__hfma_relu(a.x, b.x, c.x), __hfma_relu(a.y, b.y, c.y)); \
  }
EMU_FMA_PAIRS(__nv_bfloat162)
EMU_FMA_PAIRS(__half2)
#undef EMU_FMA_PAIRS

#define EMU_UNARY(name, expression)                         \
  static inline __nv_bfloat16 h##name(__nv_bfloat16 v) {    \
    double x = emu_wide(v);                                 \
    return __double2bfloat16(expression);                   \
  }                                                         \
  static inline __half h##name(__half v) {                  \
    double x = emu_wide(v);                                 \
    return __double2half(expression);                       \
  }                                                         \
  static inline __nv_bfloat162 h2##name(__nv_bfloat162 v) { \
    return emu_pair(h##name(v.x), h##name(v.y));            \
  }                                                         \
  static inline __half2 h2##name(__half2 v) { return emu_pair(h##name(v.x), h##name(v.y)); }
EMU_UNARY(exp, std::exp(x))
EMU_UNARY(exp2, std::exp2(x))
EMU_UNARY(log, std::log(x))
EMU_UNARY(log2, std::log2(x))
EMU_UNARY(sqrt, std::sqrt(x))
EMU_UNARY(rsqrt, 1.0 / std::sqrt(x))
EMU_UNARY(rcp, 1.0 / x)
EMU_UNARY(tanh, std::tanh(x))
EMU_UNARY(floor, std::floor(x))
EMU_UNARY(ceil, std::ceil(x))
EMU_UNARY(trunc, std::trunc(x))
EMU_UNARY(rint, std::nearbyint(x))
#undef EMU_UNARY
