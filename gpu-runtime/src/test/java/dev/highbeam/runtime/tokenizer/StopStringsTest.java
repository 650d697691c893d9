// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.tokenizer.StopStrings.Match;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

class StopStringsTest {
  @Test
  void givenStopAcrossTokens_advance_cutsBeforeIt() {
    // "Hello wor|ld.| Mo" with the stop "world": begins at 6, complete with the second token.
    assertThat(firstMatch(StopStrings.of(List.of("world")), 0, "Hello wor", "ld.", " Mo"))
        .contains(new Match("world", 6, 11, 2));
  }

  @Test
  void givenTwoStopsInOneToken_advance_takesTheOneThatBeginsFirst() {
    assertThat(firstMatch(StopStrings.of(List.of("c", "abcd")), 0, "xabcd"))
        .contains(new Match("abcd", 1, 5, 1));
  }

  @Test
  void givenTwoStopsAtOnePlace_advance_takesTheFirstOfTheList() {
    assertThat(firstMatch(StopStrings.of(List.of("ab", "abc")), 0, "xabc"))
        .contains(new Match("ab", 1, 3, 1));
    assertThat(firstMatch(StopStrings.of(List.of("abc", "ab")), 0, "xabc"))
        .contains(new Match("abc", 1, 4, 1));
  }

  @Test
  void givenShorterStopInEarlierToken_advance_takesItThoughALongerBeganBefore() {
    // "abc" is complete with token 1; that "abcd" would begin earlier comes too late.
    assertThat(firstMatch(StopStrings.of(List.of("abcd", "c")), 0, "abc", "d"))
        .contains(new Match("c", 2, 3, 1));
  }

  @Test
  void givenStopCompletedByTheLastForcedToken_advance_isNotFoundUntilTheNextOccurrence() {
    StopStrings stops = StopStrings.of(List.of("END"));
    assertThat(firstMatch(stops, 2, "EN", "D", "x")).isEmpty();
    assertThat(firstMatch(stops, 2, "x", "EN", "D")).contains(new Match("END", 1, 4, 3));
    assertThat(firstMatch(stops, 2, "END", "", "END")).contains(new Match("END", 3, 6, 3));
  }

  @Test
  void givenNoStops_advance_findsNothing() {
    assertThat(firstMatch(StopStrings.none(), 0, "anything")).isEmpty();
  }

  @Test
  void givenEmptyStop_isRefused() {
    assertThatThrownBy(() -> StopStrings.of(List.of("a", "")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("stop must not contain an empty string");
  }

  @Test
  void givenWrongPosition_advance_isRefused() {
    StopStrings.Search search = StopStrings.of(List.of("a")).search(0);
    search.advance("xy", 0);
    assertThatThrownBy(() -> search.advance("xyz", 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("newTextStart must be 2, was 1");
  }

  @Property(tries = 5000, seed = "2611")
  void givenAnyTokens_advance_equalsSearchingTheWholeTextAfterEachToken(
      @ForAll @Size(min = 1, max = 12)
          List<@StringLength(max = 4) @CharRange(from = 'a', to = 'b') String> tokens,
      @ForAll @Size(min = 1, max = 3)
          List<@StringLength(min = 1, max = 5) @CharRange(from = 'a', to = 'b') String> stops,
      @ForAll @IntRange(max = 4) int minTokens) {
    assertThat(firstMatch(StopStrings.of(stops), minTokens, tokens.toArray(String[]::new)))
        .isEqualTo(naiveFirstMatch(stops, minTokens, tokens));
  }

  private static Optional<Match> firstMatch(StopStrings stops, int minTokens, String... tokens) {
    StopStrings.Search search = stops.search(minTokens);
    StringBuilder text = new StringBuilder();
    for (String token : tokens) {
      int before = text.length();
      text.append(token);
      Optional<Match> match = search.advance(text, before);
      if (match.isPresent()) {
        return match;
      }
    }
    return Optional.empty();
  }

  /** The rule as it is written: by token, then by place, then by the list. */
  private static Optional<Match> naiveFirstMatch(
      List<String> stops, int minTokens, List<String> tokens) {
    String text = "";
    for (int i = 0; i < tokens.size(); i++) {
      int before = text.length();
      text += tokens.get(i);
      Match best = null;
      for (String stop : stops) {
        // The earliest occurrence that ends in the new text.
        int start = text.indexOf(stop, Math.max(0, before - stop.length() + 1));
        if (start >= 0 && (best == null || start < best.start())) {
          best = new Match(stop, start, start + stop.length(), i + 1);
        }
      }
      if (best != null && i + 1 > minTokens) {
        return Optional.of(best);
      }
    }
    return Optional.empty();
  }
}
