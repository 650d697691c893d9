// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SuggestionTest {

  @ParameterizedTest
  @CsvSource({
    "abc,abc,0",
    "abc,abd,1",
    "abc,ab,1",
    "ab,abc,1",
    "abc,acb,1",
    "'',abc,3",
    "ca,abc,3"
  })
  void givenTwoWords_countsEditsAndSwaps(String left, String right, int distance) {
    assertThat(Suggestion.distance(left, right)).isEqualTo(distance);
    assertThat(Suggestion.distance(right, left)).isEqualTo(distance);
  }

  @ParameterizedTest
  @CsvSource({"--max-tokens,--maxTokens", "--temprature,--temperature", "--MAXTOKENS,--maxTokens"})
  void givenLikelySlip_suggestsTheName(String wrong, String right) {
    assertThat(Suggestion.after(wrong, List.of("--temperature", "--maxTokens", "--topP")))
        .isEqualTo(", did you mean '" + right + "'?");
  }

  @Test
  void givenNothingNear_suggestsNothing() {
    assertThat(Suggestion.after("--zebra", List.of("--temperature", "--topP"))).isEmpty();
  }
}
