// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class Float8Test {

  @Test
  void givenEveryPattern_fromFloat_givesItBack() {
    for (int bits = 0; bits < 256; bits++) {
      float value = Float8.toFloat((byte) bits);
      if (Float.isNaN(value)) {
        assertThat(bits & 0x7f).isEqualTo(0x7f);
        continue;
      }
      assertThat(Float8.fromFloat(value)).as("pattern %s", bits).isEqualTo((byte) bits);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // From the format's table: S.EEEE.FFF, bias 7.
    "0x00,0",
    "0x01,0.001953125",
    "0x07,0.013671875",
    "0x08,0.015625",
    "0x38,1",
    "0x39,1.125",
    "0x7e,448",
    "0xb8,-1",
    "0xfe,-448"
  })
  void givenPattern_toFloat_isTheTable(String bits, float value) {
    assertThat(Float8.toFloat(Integer.decode(bits).byteValue())).isEqualTo(value);
  }

  @Test
  void givenAnyFloat_fromFloat_picksTheNearestAndOfTwoTheEven() {
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 200_000; i++) {
      float value = (float) Math.scalb(random.nextDouble(-1, 1), random.nextInt(-12, 10));
      check(value);
      // Ties: the middle of two neighbours.
      int pattern = random.nextInt(0, 0x7e);
      check((Float8.toFloat((byte) pattern) + Float8.toFloat((byte) (pattern + 1))) / 2);
    }
    check(448.0001f);
    check(1e30f);
    check(Float.POSITIVE_INFINITY);
  }

  @Test
  void givenNan_fromFloat_staysNan() {
    assertThat(Float8.round(Float.NaN)).isNaN();
  }

  private static void check(float value) {
    int best = 0;
    for (int pattern = 1; pattern <= 0x7e; pattern++) {
      double better = Math.abs(Math.abs((double) value) - Float8.toFloat((byte) pattern));
      double good = Math.abs(Math.abs((double) value) - Float8.toFloat((byte) best));
      if (better < good || (better == good && pattern % 2 == 0)) {
        best = pattern;
      }
    }
    if (Float.isInfinite(value)) {
      best = 0x7e;
    }
    float expected = Float8.toFloat((byte) best);
    assertThat(Math.abs(Float8.round(value))).as("%s", value).isEqualTo(expected);
    assertThat(Float8.round(value) * value).isNotNegative();
  }
}
