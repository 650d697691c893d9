// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class PortableMathTest {

  @Test
  void givenWholeDomain_exp_isWithinItsError() {
    double worst = 0;
    for (float x = PortableMath.LOWEST; x <= 0; x += 1e-4f) {
      double exact = Math.exp(x);
      worst = Math.max(worst, Math.abs(PortableMath.exp(x) - exact) / exact);
    }
    assertThat(worst).isPositive().isLessThan(1.2e-7);
  }

  @Test
  void givenSpecialValues_exp_isExact() {
    assertThat(PortableMath.exp(0f)).isEqualTo(1f);
    assertThat(PortableMath.exp(-0f)).isEqualTo(1f);
    assertThat(PortableMath.exp(Float.NEGATIVE_INFINITY)).isEqualTo(0f);
    assertThat(PortableMath.exp(-87.1f)).isEqualTo(0f);
    assertThat(PortableMath.exp(PortableMath.LOWEST)).isGreaterThan(Float.MIN_NORMAL);
    assertThat(PortableMath.exp(Float.NaN)).isNaN();
  }

  @Test
  void givenAnySize_activations_followTheirFormulas() {
    for (float x : new float[] {0f, -0f, 1e-20f, -1e-5f, 0.3f, -0.7f, 1, -1, 5, -20, 200, -200}) {
      double sigmoid = 1 / (1 + Math.exp(-x));
      double inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
      double gelu = x / (1 + Math.exp(-2 * inner));
      assertThat((double) PortableMath.silu(x))
          .isCloseTo(x * sigmoid, within(1e-30 + 4e-7 * Math.abs(x * sigmoid)));
      // The error of the cubic's exponent grows with its size.
      assertThat((double) PortableMath.geluTanh(x))
          .isCloseTo(gelu, within(1e-30 + (4e-7 + 2e-7 * Math.abs(inner)) * Math.abs(gelu)));
      assertThat((double) PortableMath.softCap(x, 30f))
          .isCloseTo(30 * Math.tanh(x / 30.0), within(4e-6));
    }
    assertThat(PortableMath.silu(Float.NaN)).isNaN();
    assertThat(PortableMath.geluTanh(Float.NaN)).isNaN();
    assertThat(PortableMath.softCap(Float.NaN, 5f)).isNaN();
  }
}
