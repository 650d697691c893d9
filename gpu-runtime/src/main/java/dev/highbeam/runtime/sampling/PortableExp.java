// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

/**
 * e^x for x <= 0 in f32 operations that every device has and rounds alike (fused multiply-add,
 * subtraction, integer shift), so that the same bits come out of Java, SIMD lanes and a GPU.
 *
 * <p>Cody and Waite's reduction x = n ln 2 + r with |r| <= ln 2 / 2, then a polynomial of degree 6
 * in r. The largest relative error against the exact value is below {@link #MAX_RELATIVE_ERROR}. A
 * device's compiler must not contract or reorder these operations.
 */
@SuppressWarnings("FloatingPointLiteralPrecision") // Coefficients as their source prints them.
public final class PortableExp {

  /** Measured over every f32 from -28 to -2^-30, on which the function also never decreases. */
  public static final float MAX_RELATIVE_ERROR = 8.4e-8f;

  /** The weight of a token as likely as the likeliest one. */
  public static final long ONE = 1L << 40;

  /** Below this e^x * 2^40 < 1, and the result would leave the normal numbers soon. */
  private static final float LOWEST = -28f;

  /** Adding it leaves round(x) in the low bits of the sum. */
  private static final float ROUNDER = 0x1.8p23f;

  private static final float LOG2_E = 0x1.715476p0f;
  // ln 2 in two parts; the upper has few bits, so that n * LN2_HIGH is exact.
  private static final float LN2_HIGH = 0x1.63p-1f;
  private static final float LN2_LOW = -0x1.bd0106p-13f;

  private PortableExp() {}

  /** floor(e^x * 2^40) for x <= 0, minus infinity included. */
  public static long weight(float x) {
    return x < LOWEST ? 0 : (long) (exp(x) * 0x1p40f);
  }

  /** e^x for x from -28 to 0. */
  static float exp(float x) {
    float shifted = Math.fma(x, LOG2_E, ROUNDER);
    float n = shifted - ROUNDER;
    float r = Math.fma(n, -LN2_HIGH, x);
    r = Math.fma(n, -LN2_LOW, r);
    // Coefficients of expf in Moshier's Cephes library: minimax for (e^r - 1 - r) / r^2.
    float p = 1.9875691500e-4f;
    p = Math.fma(p, r, 1.3981999507e-3f);
    p = Math.fma(p, r, 8.3334519073e-3f);
    p = Math.fma(p, r, 4.1665795894e-2f);
    p = Math.fma(p, r, 1.6666665459e-1f);
    p = Math.fma(p, r, 5.0000001201e-1f);
    float y = Math.fma(p, r * r, r) + 1f;
    int exponent = Float.floatToRawIntBits(shifted) - Float.floatToRawIntBits(ROUNDER);
    return y * Float.intBitsToFloat((exponent + 127) << 23);
  }
}
