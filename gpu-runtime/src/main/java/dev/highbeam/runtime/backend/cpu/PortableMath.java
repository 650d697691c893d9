// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/**
 * Exponentials and activations in f32 operations that vectors and scalars round alike. The scalar
 * half of {@link SimdMath}: each line there repeats one here.
 *
 * <p>e^x for x at most 0: Cody and Waite's reduction x = n ln 2 + r with |r| at most ln 2 / 2, then
 * the polynomial of expf in Moshier's Cephes library; relative error below 1.2e-7.
 */
@SuppressWarnings("FloatingPointLiteralPrecision") // Coefficients as their source prints them.
final class PortableMath {

  /** Below it e^x is taken for 0; above it 2^n is a normal number. */
  static final float LOWEST = -87f;

  /** Adding it leaves the nearest integer in the low bits of the sum. */
  static final float ROUNDER = 0x1.8p23f;

  static final int ROUNDER_BITS = 0x4b400000;
  static final float LOG2_E = 0x1.715476p0f;
  // ln 2 in two parts; the upper has few bits, so that n * LN2_HIGH is exact.
  static final float LN2_HIGH = 0x1.63p-1f;
  static final float LN2_LOW = -0x1.bd0106p-13f;
  static final float P0 = 1.9875691500e-4f;
  static final float P1 = 1.3981999507e-3f;
  static final float P2 = 8.3334519073e-3f;
  static final float P3 = 4.1665795894e-2f;
  static final float P4 = 1.6666665459e-1f;
  static final float P5 = 5.0000001201e-1f;

  /** 2 sqrt(2 / pi): gelu's tanh form is x * sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)). */
  static final float GELU_SCALE = 1.5957691216f;

  static final float GELU_CUBIC = 0.044715f;

  private PortableMath() {}

  /** e^x for x at most 0; NaN stays NaN. */
  static float exp(float x) {
    if (x < LOWEST) {
      return 0f;
    }
    float shifted = Math.fma(x, LOG2_E, ROUNDER);
    float n = shifted - ROUNDER;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
    float p = Math.fma(P0, r, P1);
    p = Math.fma(p, r, P2);
    p = Math.fma(p, r, P3);
    p = Math.fma(p, r, P4);
    p = Math.fma(p, r, P5);
    float y = Math.fma(p, r * r, r) + 1f;
    int exponent = Float.floatToRawIntBits(shifted) - ROUNDER_BITS + 127;
    return y * Float.intBitsToFloat(exponent << 23);
  }

  /** x / (1 + e^-v), without overflow for any v. */
  static float timesSigmoid(float x, float v) {
    float e = exp(-Math.abs(v));
    return (v >= 0 ? x : x * e) / (1f + e);
  }

  static float silu(float x) {
    return timesSigmoid(x, x);
  }

  static float geluTanh(float x) {
    return timesSigmoid(x, GELU_SCALE * Math.fma(GELU_CUBIC * (x * x), x, x));
  }

  /** cap * tanh(x / cap). */
  static float softCap(float x, float cap) {
    float u = x / cap;
    float e = exp(-2f * Math.abs(u));
    float magnitude = cap * ((1f - e) / (1f + e));
    return u < 0 ? -magnitude : magnitude;
  }
}
