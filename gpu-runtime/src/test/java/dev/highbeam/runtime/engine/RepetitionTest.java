// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.FinishReason;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RepetitionDetection;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loops in a sample's tokens: found by the tracker, acted upon by the engine only when asked. */
final class RepetitionTest {

  /** Tokens after which a tracker first says so, or 0. */
  private static int tokensUntil(
      @Nullable RepetitionDetection detection, boolean degenerate, int... tokens) {
    RepetitionTracker tracker = new RepetitionTracker(detection);
    for (int i = 0; i < tokens.length; i++) {
      tracker.accept(tokens, 0, i + 1);
      if (degenerate ? tracker.isDegenerate() : tracker.isCaught()) {
        return i + 1;
      }
    }
    return 0;
  }

  private static int[] loop(int period, int count) {
    return IntStream.range(0, count).map(i -> 10 + i % period).toArray();
  }

  @ParameterizedTest
  @CsvSource({"1, 33", "2, 34", "8, 40", "10, 42", "11, 44", "16, 64", "17, 0"})
  void S4_6_givenLoop_isDegenerate_onceItIsLongAndComesBackThrice(int period, int expected) {
    assertThat(tokensUntil(null, true, loop(period, 200))).isEqualTo(expected);
  }

  @Test
  void S4_6_givenThirtyTwoEqualTokens_isNotDegenerate() {
    int[] tokens = loop(1, 33);
    tokens[32] = 99;
    assertThat(tokensUntil(null, true, tokens)).isZero();
  }

  @Test
  void S4_6_givenLoopThatEnds_staysDegenerateButIsNotCaught() {
    RepetitionTracker tracker = new RepetitionTracker(new RepetitionDetection(4, 1, 3));
    int[] tokens = loop(2, 60);
    tokens[59] = 99;
    for (int i = 0; i < 59; i++) {
      tracker.accept(tokens, 0, i + 1);
    }
    assertThat(tracker.isCaught()).isTrue();
    tracker.accept(tokens, 0, 60);
    assertThat(tracker.isCaught()).isFalse();
    assertThat(tracker.isDegenerate()).isTrue();
  }

  /** Against vLLM's rule, spelled out: the last n tokens are one pattern, min_count times. */
  @Test
  void S4_6_givenAnyTokens_isCaught_agreesWithComparingThePatterns() {
    SplittableRandom random = new SplittableRandom(5);
    int caught = 0;
    for (int round = 0; round < 300; round++) {
      RepetitionDetection detection =
          new RepetitionDetection(1 + random.nextInt(6), 1, 2 + random.nextInt(3));
      int[] tokens = random.ints(30, 0, 1 + random.nextInt(3)).toArray();
      int expected = 0;
      for (int end = 1; end <= tokens.length && expected == 0; end++) {
        expected = endsInPatterns(tokens, end, detection) ? end : 0;
      }
      assertThat(tokensUntil(detection, false, tokens)).isEqualTo(expected);
      caught += expected > 0 ? 1 : 0;
    }
    assertThat(caught).isBetween(100, 299);
  }

  private static boolean endsInPatterns(int[] tokens, int end, RepetitionDetection detection) {
    for (int size = detection.minPatternSize(); size <= detection.maxPatternSize(); size++) {
      boolean equal = end >= size * detection.minCount();
      for (int i = 1; equal && i <= size * (detection.minCount() - 1); i++) {
        equal = tokens[end - i] == tokens[end - i - size];
      }
      if (equal) {
        return true;
      }
    }
    return false;
  }

  private static Settings<SamplingSetting> settings(Map<String, Integer> detection) {
    return EngineFixture.greedy(50).with(SamplingSetting.REPETITION_DETECTION, detection);
  }

  private static Request looping(Settings<SamplingSetting> settings) {
    return EngineFixture.request(settings, FakeExecutable.LOOP, 2, 20, 21);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void S4_6_givenDetection_engineEndsTheSampleWithItsReason(boolean isAsync) {
    EngineFixture fixture = EngineFixture.withPages(64).async(isAsync);
    Engine engine = fixture.engine(fixture.executable());
    Map<String, Integer> five = Map.of("max_pattern_size", 4, "min_count", 5);
    List<Outcome> outcomes =
        EngineFixture.run(
            engine,
            fixture,
            List.of(
                looping(EngineFixture.greedy(50)),
                looping(settings(five)),
                looping(settings(five).with(SamplingSetting.MIN_TOKENS, 13)),
                looping(settings(five).with(SamplingSetting.MAX_TOKENS, 10)),
                EngineFixture.request(settings(five), 1, 2)));

    check(outcomes.get(0), FinishReason.LENGTH, 50); // Not asked for: a loop is an answer.
    assertThat(outcomes)
        .map(RepetitionTest::isRepeating)
        .containsExactly(true, false, false, false, false);
    check(outcomes.get(1), FinishReason.REPETITION, 10);
    check(outcomes.get(2), FinishReason.REPETITION, 13);
    check(outcomes.get(3), FinishReason.LENGTH, 10);
    Sample free = ((Outcome.Completion) outcomes.get(4)).samples().get(0);
    assertThat(free.finishReason()).isNotEqualTo(FinishReason.REPETITION);
    assertThat(engine.stats().degenerate()).isEqualTo(new DegenerateCounts(0, 0, 1, 0));
  }

  private static boolean isRepeating(Outcome outcome) {
    return ((Outcome.Completion) outcome).samples().get(0).isRepeating();
  }

  private static void check(Outcome outcome, FinishReason reason, int count) {
    Sample sample = ((Outcome.Completion) outcome).samples().get(0);
    assertThat(sample.finishReason()).isEqualTo(reason);
    assertThat(sample.tokenIds().count()).isEqualTo(count);
    assertThat(sample.textTokenCount()).isEqualTo(count);
    assertThat(sample.textEnd()).isEqualTo(-1);
  }
}
