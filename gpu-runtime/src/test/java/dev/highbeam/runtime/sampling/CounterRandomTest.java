// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CounterRandomTest {

  /** The known answers for philox4x32, 10 rounds, of Random123's kat_vectors. */
  @Test
  void givenKnownCounters_philox_givesTheKnownBlocks() {
    check(
        new int[] {0, 0, 0, 0},
        new int[] {0, 0},
        new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    check(
        new int[] {-1, -1, -1, -1},
        new int[] {-1, -1},
        new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    check(
        new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
        new int[] {0xa4093822, 0x299f31d0},
        new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
  }

  private static void check(int[] counter, int[] key, int[] block) {
    CounterRandom.philox(counter, key[0], key[1]);
    assertThat(counter).containsExactly(block);
  }

  @Test
  void givenSeedZero_bits_areTheFirstTwoWordsLowFirst() {
    assertThat(CounterRandom.bits(0, 0, 0, 0)).isEqualTo(0xe169c58d6627e8d5L);
  }

  @Test
  void givenAnyArgumentChanged_bits_change() {
    Set<Long> seen = new HashSet<>();
    seen.add(CounterRandom.bits(5, 0, 0, 0));
    seen.add(CounterRandom.bits(5L << 32, 0, 0, 0));
    seen.add(CounterRandom.bits(5, 1, 0, 0));
    seen.add(CounterRandom.bits(5, 0, 1, 0));
    seen.add(CounterRandom.bits(5, 0, 0, 1));
    assertThat(seen).hasSize(5);
  }

  @Test
  void givenManyPositions_bits_areUniform() {
    int[] counts = new int[64];
    for (int position = 0; position < 64_000; position++) {
      counts[(int) (CounterRandom.bits(42, 0, position, 0) >>> 58)]++;
    }
    double chiSquare = 0;
    for (int count : counts) {
      chiSquare += (count - 1000.0) * (count - 1000.0) / 1000;
    }
    // 63 degrees of freedom: the 99.9 % quantile is 103.4.
    assertThat(chiSquare).isBetween(30.0, 103.4);
  }
}
