// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PortableExpTest {

  /** Of some three hundred million f32 from -28 to -2^-40: a prime, so that all bits vary. */
  private static final int STRIDE = 997;

  @Test
  void givenDenseSweep_exp_isWithinItsError() {
    double worst = 0;
    for (int bits = Float.floatToRawIntBits(0x1p-40f);
        bits <= Float.floatToRawIntBits(28f);
        bits += STRIDE) {
      float x = -Float.intBitsToFloat(bits);
      double exact = StrictMath.exp(x);
      worst = Math.max(worst, Math.abs(PortableExp.exp(x) - exact) / exact);
    }
    assertThat(worst).isLessThan(PortableExp.MAX_RELATIVE_ERROR).isGreaterThan(5e-8);
  }

  @Test
  void givenDenseSweep_weight_neverGrowsAsLogitsFall() {
    long before = PortableExp.ONE;
    for (int bits = Float.floatToRawIntBits(0x1p-40f);
        bits <= Float.floatToRawIntBits(29f);
        bits += STRIDE) {
      long weight = PortableExp.weight(-Float.intBitsToFloat(bits));
      assertThat(weight).isBetween(0L, before);
      before = weight;
    }
  }

  @Test
  void givenCorners_weight_isExact() {
    assertThat(PortableExp.weight(0f)).isEqualTo(1L << 40);
    assertThat(PortableExp.weight(-0f)).isEqualTo(1L << 40);
    assertThat(PortableExp.weight(-Float.MIN_VALUE)).isEqualTo(1L << 40);
    assertThat(PortableExp.weight(-27.7f)).isEqualTo(1);
    assertThat(PortableExp.weight(-27.8f)).isZero();
    assertThat(PortableExp.weight(-1e30f)).isZero();
    assertThat(PortableExp.weight(Float.NEGATIVE_INFINITY)).isZero();
  }

  /** Bits that another device's version must give too. */
  @Test
  void givenSomeArguments_exp_givesTheseBits() {
    float[] arguments = {-0.25f, -0.5f, -1f, -2.5f, -10f, -27f};
    int[] bits = new int[arguments.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(PortableExp.exp(arguments[i]));
    }
    assertThat(bits)
        .containsExactly(0x3f475f7d, 0x3f1b4598, 0x3ebc5ab2, 0x3da81c2e, 0x383e6bce, 0x2c044295);
  }
}
