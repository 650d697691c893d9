// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every pattern of 16 bits, and every border between two of them, against plain arithmetic. */
final class HalfFloatsTest {

  @Test
  void givenEveryF16Pattern_toFloat_isWhatTheFormatSays() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float actual = HalfFloats.f16ToFloat((short) bits);
      double expected = value(bits, 5, 10);
      assertThat(Double.compare(actual, expected)).as("pattern %x", bits).isZero();
    }
  }

  @Test
  void givenEveryBf16Pattern_toFloat_isWhatTheFormatSays() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float actual = HalfFloats.bf16ToFloat((short) bits);
      double expected = value(bits, 8, 7);
      assertThat(Double.compare(actual, expected)).as("pattern %x", bits).isZero();
    }
  }

  @Test
  void givenEveryPattern_backAndForth_isTheSamePattern() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float f16 = HalfFloats.f16ToFloat((short) bits);
      float bf16 = HalfFloats.bf16ToFloat((short) bits);
      if (Float.isNaN(f16)) {
        assertThat(HalfFloats.f16ToFloat(HalfFloats.floatToF16(f16))).isNaN();
      } else {
        assertThat(HalfFloats.floatToF16(f16)).isEqualTo((short) bits);
      }
      if (Float.isNaN(bf16)) {
        assertThat(HalfFloats.bf16ToFloat(HalfFloats.floatToBf16(bf16))).isNaN();
      } else {
        assertThat(HalfFloats.floatToBf16(bf16)).isEqualTo((short) bits);
        assertThat(HalfFloats.roundToBf16(bf16)).isEqualTo(bf16);
      }
    }
  }

  @Test
  void givenMiddleOfTwoF16Neighbours_fromFloat_takesTheEvenOne() {
    // 0x7bff is the largest finite pattern; its upper neighbour would be 65536.
    for (int bits = 0; bits < 0x7bff; bits++) {
      float low = HalfFloats.f16ToFloat((short) bits);
      float high = HalfFloats.f16ToFloat((short) (bits + 1));
      checkRounding(bits, (low + high) / 2);
    }
    assertThat(HalfFloats.floatToF16(Math.nextDown(65520f))).isEqualTo((short) 0x7bff);
    assertThat(HalfFloats.floatToF16(65520f)).isEqualTo((short) 0x7c00);
    assertThat(HalfFloats.floatToF16(-65520f)).isEqualTo((short) 0xfc00);
  }

  @Test
  void givenMiddleOfTwoBf16Neighbours_fromFloat_takesTheEvenOne() {
    for (int bits = 0; bits < 0x7f80; bits++) {
      float middle = Float.intBitsToFloat((bits << 16) | 0x8000);
      int even = (bits & 1) == 0 ? bits : bits + 1;
      assertThat(HalfFloats.floatToBf16(middle)).isEqualTo((short) even);
      assertThat(HalfFloats.floatToBf16(Math.nextDown(middle))).isEqualTo((short) bits);
      assertThat(HalfFloats.floatToBf16(Math.nextUp(middle))).isEqualTo((short) (bits + 1));
      assertThat(HalfFloats.floatToBf16(-middle)).isEqualTo((short) (even | 0x8000));
    }
  }

  @Property(tries = 20_000, seed = "2611")
  void givenAnyFloat_roundings_areNoFurtherThanBothNeighbours(@ForAll int bits) {
    float value = Float.intBitsToFloat(bits);
    if (Float.isNaN(value)) {
      assertThat(HalfFloats.floatToF16(value) & 0x7fff).isGreaterThan(0x7c00);
      assertThat(HalfFloats.floatToBf16(value) & 0x7fff).isGreaterThan(0x7f80);
      return;
    }
    short bf16 = HalfFloats.floatToBf16(value);
    short f16 = HalfFloats.floatToF16(value);
    assertThat(distance(value, HalfFloats.bf16ToFloat(bf16), 0x1p128))
        .isLessThanOrEqualTo(distance(value, HalfFloats.bf16ToFloat((short) (bf16 + 1)), 0x1p128))
        .isLessThanOrEqualTo(distance(value, HalfFloats.bf16ToFloat((short) (bf16 - 1)), 0x1p128));
    assertThat(distance(value, HalfFloats.f16ToFloat(f16), 0x1p16))
        .isLessThanOrEqualTo(distance(value, HalfFloats.f16ToFloat((short) (f16 + 1)), 0x1p16))
        .isLessThanOrEqualTo(distance(value, HalfFloats.f16ToFloat((short) (f16 - 1)), 0x1p16));
  }

  @ParameterizedTest
  @CsvSource({
    "7f800001, 7fc0, 7e00", // The smallest signalling NaN must not become infinity.
    "ff800001, ffc0, fe00",
    "7f800000, 7f80, 7c00",
    "ff800000, ff80, fc00",
    "80000000, 8000, 8000",
    "00000001, 0000, 0000",
    "7f7fffff, 7f80, 7c00",
    "33000000, 3300, 0000", // 2^-25: half the smallest f16 subnormal, a tie to even.
    "33000001, 3300, 0001",
    "b3000001, b300, 8001"
  })
  void givenEdgePatterns_fromFloat_areKnown(String f32, String bf16, String f16) {
    float value = Float.intBitsToFloat(Integer.parseUnsignedInt(f32, 16));

    assertThat(HalfFloats.floatToBf16(value) & 0xffff).isEqualTo(Integer.parseInt(bf16, 16));
    assertThat(HalfFloats.floatToF16(value) & 0xffff).isEqualTo(Integer.parseInt(f16, 16));
  }

  private static void checkRounding(int bits, float middle) {
    int even = (bits & 1) == 0 ? bits : bits + 1;
    assertThat(HalfFloats.floatToF16(middle)).as("middle %s", middle).isEqualTo((short) even);
    assertThat(HalfFloats.floatToF16(-middle)).isEqualTo((short) (even | 0x8000));
    assertThat(HalfFloats.floatToF16(Math.nextDown(middle))).isEqualTo((short) bits);
    assertThat(HalfFloats.floatToF16(Math.nextUp(middle))).isEqualTo((short) (bits + 1));
  }

  /** An infinity stands where the next binade would begin; no rounding may give a NaN. */
  private static double distance(float value, float rounded, double infinity) {
    if (Float.isNaN(rounded)) {
      return Double.POSITIVE_INFINITY;
    }
    if (value == rounded) {
      return 0;
    }
    double place = Float.isInfinite(rounded) ? Math.copySign(infinity, rounded) : rounded;
    return Math.abs(value - place);
  }

  /** Sign, exponent and fraction of a 16-bit pattern by the definition of binary formats. */
  private static double value(int bits, int exponentBits, int fractionBits) {
    double sign = (bits & 0x8000) == 0 ? 1 : -1;
    int exponent = (bits >> fractionBits) & ((1 << exponentBits) - 1);
    double fraction = (bits & ((1 << fractionBits) - 1)) / (double) (1 << fractionBits);
    int bias = (1 << (exponentBits - 1)) - 1;
    if (exponent == (1 << exponentBits) - 1) {
      return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
    }
    return exponent == 0
        ? sign * fraction * Math.pow(2, 1 - bias)
        : sign * (1 + fraction) * Math.pow(2, exponent - bias);
  }
}
