// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class TokenCountsTest {

  @Property(tries = 200, seed = "2611")
  void givenAnyTokens_counts_areThoseOfAMap(
      @ForAll @Size(max = 300) int @IntRange(min = 0, max = 200_000) [] tokens,
      @ForAll @IntRange(min = 1, max = 100_000) int spread) {
    TokenCounts counts = new TokenCounts();
    Map<Integer, Integer> expected = new HashMap<>();
    for (int i = 0; i < tokens.length; i++) {
      int id = tokens[i] % spread;
      if (i % 3 == 0) {
        counts.addSeen(id);
        expected.merge(id, 0, Integer::sum);
      } else {
        counts.addOutput(id);
        expected.merge(id, 1, Integer::sum);
      }
    }
    Map<Integer, Integer> actual = new HashMap<>();
    for (int entry = 0; entry < counts.count(); entry++) {
      actual.put(counts.tokenId(entry), counts.outputCount(entry));
    }
    assertThat(actual).isEqualTo(expected);
    assertThat(counts.count()).isEqualTo(expected.size());
  }
}
