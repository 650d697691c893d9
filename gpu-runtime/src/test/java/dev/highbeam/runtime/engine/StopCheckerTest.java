// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import java.util.List;
import org.junit.jupiter.api.Test;

class StopCheckerTest {

  private static final int END = 25; // The letter z.

  @Test
  void givenEndToken_stopsThereAndLeavesItOutOfTheText() {
    StopChecker checker = checker(settings());

    assertThat(acceptAll(checker, "abz")).isEqualTo(3);
    assertThat(checker.silentTokenCount()).isEqualTo(1);
    assertThat(checker.stopReason()).isNull();
    assertThat(checker.textEnd()).isEqualTo(-1);
  }

  @Test
  void givenIgnoredEndToken_goesOn() {
    StopChecker checker = checker(settings().with(SamplingSetting.IGNORE_EOS, true));

    assertThat(acceptAll(checker, "azzz")).isEqualTo(-1);
  }

  @Test
  void givenStopTokenId_namesIt() {
    StopChecker checker = checker(settings().with(SamplingSetting.STOP_TOKEN_IDS, List.of(2)));

    assertThat(acceptAll(checker, "abcd")).isEqualTo(3);
    assertThat(checker.stopReason()).isEqualTo("2");
  }

  @Test
  void givenMinTokens_endTokenCountsFromThereOn() {
    StopChecker checker = checker(settings().with(SamplingSetting.MIN_TOKENS, 3));

    // z as the first and second token is too early, as the third it ends.
    assertThat(acceptAll(checker, "zzz")).isEqualTo(3);
  }

  @Test
  void givenStopTextAcrossTokens_cutsBeforeIt() {
    StopChecker checker = checker(settings().with(SamplingSetting.STOP, "bcd"));

    assertThat(acceptAll(checker, "aabcdq")).isEqualTo(5);
    assertThat(checker.stopReason()).isEqualTo("bcd");
    assertThat(checker.textEnd()).isEqualTo(2);
    assertThat(checker.silentTokenCount()).isZero();
  }

  @Test
  void givenStopTextToInclude_cutsAfterIt() {
    StopChecker checker =
        checker(
            settings()
                .with(SamplingSetting.STOP, "bc")
                .with(SamplingSetting.INCLUDE_STOP_STR_IN_OUTPUT, true));

    assertThat(acceptAll(checker, "abc")).isEqualTo(3);
    assertThat(checker.textEnd()).isEqualTo(3);
  }

  @Test
  void givenTwoStopTextsEndingTogether_theOneThatBeginsFirstWins() {
    StopChecker checker = checker(settings().with(SamplingSetting.STOP, List.of("c", "abc")));

    assertThat(acceptAll(checker, "xabc")).isEqualTo(4);
    assertThat(checker.stopReason()).isEqualTo("abc");
    assertThat(checker.textEnd()).isEqualTo(1);
  }

  @Test
  void givenStopTextWithinMinTokens_doesNotCount() {
    StopChecker checker =
        checker(settings().with(SamplingSetting.STOP, "ab").with(SamplingSetting.MIN_TOKENS, 3));

    // The first ab ends with token 2, before min_tokens; the second with token 5.
    assertThat(acceptAll(checker, "abcab")).isEqualTo(5);
    assertThat(checker.textEnd()).isEqualTo(3);
  }

  private static Settings<SamplingSetting> settings() {
    return Settings.none(SamplingSetting.class);
  }

  private static StopChecker checker(Settings<SamplingSetting> settings) {
    return new StopChecker(
        SamplingParams.of(settings), new int[] {0}, t -> t == END, new LetterTokenizer());
  }

  /** The number of tokens after which the checker stops, or -1. */
  private static int acceptAll(StopChecker checker, String text) {
    for (int i = 0; i < text.length(); i++) {
      if (checker.accept(text.charAt(i) - 'a', i + 1)) {
        return i + 1;
      }
    }
    return -1;
  }
}
