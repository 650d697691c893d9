// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * Conversions between f32 and the 16-bit types bf16 (upper half of an f32) and f16 (IEEE 754
 * binary16), rounding to nearest, ties to even. The library of Java 17 has none.
 */
public final class HalfFloats {

  private HalfFloats() {}

  /** The f32 of a bf16 bit pattern; exact. */
  public static float bf16ToFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The bf16 bit pattern nearest to an f32; NaN stays a (quiet) NaN. */
  public static short floatToBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) {
      // Rounding could carry a NaN's payload over into infinity.
      return (short) ((bits >>> 16) | 0x40);
    }
    int roundingBias = 0x7fff + ((bits >>> 16) & 1);
    return (short) ((bits + roundingBias) >>> 16);
  }

  /** The f32 nearest to the value that a bf16 can hold. */
  public static float roundToBf16(float value) {
    return bf16ToFloat(floatToBf16(value));
  }

  /** The f32 of an f16 bit pattern; exact. */
  public static float f16ToFloat(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = (bits >>> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    if (exponent == 0x1f) {
      return Float.intBitsToFloat(sign | 0x7f800000 | (fraction << 13));
    }
    if (exponent == 0) {
      // Zero or subnormal: fraction * 2^-24, exact in f32.
      float magnitude = fraction * 0x1p-24f;
      return sign == 0 ? magnitude : -magnitude;
    }
    return Float.intBitsToFloat(sign | ((exponent + 112) << 23) | (fraction << 13));
  }

  /** The f16 bit pattern nearest to an f32; too large values become infinity. */
  public static short floatToF16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) {
      return (short) (sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff));
    }
    if (magnitude >= 0x477ff000) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x38800000) {
      // Below 2^-14: scale so that one unit is one subnormal step, and round half to even.
      float steps = Float.intBitsToFloat(magnitude) * 0x1p24f;
      return (short) (sign | (int) Math.rint(steps));
    }
    int rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
    return (short) (sign | ((rounded - 0x38000000) >>> 13));
  }
}
