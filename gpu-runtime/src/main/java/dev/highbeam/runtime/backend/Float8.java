// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * Conversions between f32 and fp8 e4m3 in its finite form (Micikevicius et al., "FP8 formats for
 * deep learning", 2022): no infinity, 0x7f and 0xff are NaN, the largest value is 448. Rounding is
 * to nearest, ties to even; larger values saturate, as CUDA's __NV_SATFINITE does.
 */
public final class Float8 {

  /** The largest finite value. */
  public static final float MAX = 448;

  private static final int NAN = 0x7f;
  private static final int LARGEST = 0x7e;
  private static final int FRACTION_BITS = 3;
  private static final int BIAS = 7;

  /** 2^-6: below it the exponent is fixed and steps are 2^-9. */
  private static final float SMALLEST_NORMAL = 0x1p-6f;

  private Float8() {}

  /** The f32 of an e4m3 bit pattern; exact. */
  public static float toFloat(byte bits) {
    int magnitude = bits & 0x7f;
    float value;
    if (magnitude == NAN) {
      return Float.NaN;
    } else if (magnitude >>> FRACTION_BITS == 0) {
      value = magnitude * 0x1p-9f;
    } else {
      int exponent = (magnitude >>> FRACTION_BITS) - BIAS + 127;
      value = Float.intBitsToFloat(exponent << 23 | (magnitude & 7) << 20);
    }
    return bits < 0 ? -value : value;
  }

  /** The e4m3 bit pattern nearest to an f32. */
  public static byte fromFloat(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 24 & 0x80;
    float magnitude = Math.abs(value);
    if (Float.isNaN(value)) {
      return (byte) (sign | NAN);
    }
    if (magnitude < SMALLEST_NORMAL) {
      // One unit is one subnormal step; rounding up to 8 gives the smallest normal's pattern.
      return (byte) (sign | (int) Math.rint(magnitude * 0x1p9f));
    }
    int bits = Float.floatToRawIntBits(magnitude);
    int rounded = (bits + 0x7ffff + (bits >>> 20 & 1)) >>> 20;
    int pattern = rounded - ((127 - BIAS) << FRACTION_BITS);
    return (byte) (sign | (magnitude > MAX ? LARGEST : Math.min(pattern, LARGEST)));
  }

  /** The f32 nearest to the value that e4m3 can hold. */
  public static float round(float value) {
    return toFloat(fromFloat(value));
  }
}
