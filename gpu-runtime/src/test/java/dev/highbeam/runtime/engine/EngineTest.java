// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.FinishReason;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.api.TokenLogprobs;
import dev.highbeam.runtime.backend.Capacity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EngineTest {

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void givenOneGreedyRequest_generatesWhatTheModelSays(boolean isAsync) {
    EngineFixture fixture = EngineFixture.withPages(16).async(isAsync);
    Request request = EngineFixture.request(EngineFixture.greedy(20), 1, 2, 3, 4, 5);
    Expected expected = Expected.of(request, 0, 64);

    Sample sample = completion(run(fixture, request)).samples().get(0);

    assertThat(sample.tokenIds().toArray()).isEqualTo(expected.outputTokenIds());
    assertThat(sample.finishReason()).isEqualTo(expected.reason());
  }

  @Test
  void givenPromptThatFillsTheContext_rejectsTooLong() {
    EngineFixture fixture = EngineFixture.withPages(16);
    int[] prompt = new int[64];

    Outcome outcome = run(fixture, EngineFixture.request(EngineFixture.greedy(1), prompt));

    Outcome.Rejection rejection = (Outcome.Rejection) outcome;
    assertThat(rejection.code()).isEqualTo(RejectionCode.TOO_LONG);
    assertThat(rejection.message()).contains("64 tokens").contains("at most 63");
  }

  @Test
  void givenPromptWithRoomForOneToken_generatesExactlyOne() {
    EngineFixture fixture = EngineFixture.withPages(16);
    int[] prompt = new int[63];
    Settings<SamplingSetting> settings =
        EngineFixture.greedy(50).with(SamplingSetting.IGNORE_EOS, true);

    Sample sample =
        completion(run(fixture, EngineFixture.request(settings, prompt))).samples().get(0);

    assertThat(sample.tokenIds().count()).isEqualTo(1);
    assertThat(sample.finishReason()).isEqualTo(FinishReason.LENGTH);
  }

  @Test
  void givenEmptyPrompt_rejectsEmpty() {
    Outcome outcome =
        run(EngineFixture.withPages(16), EngineFixture.request(EngineFixture.greedy(1)));

    assertThat(((Outcome.Rejection) outcome).code()).isEqualTo(RejectionCode.EMPTY);
  }

  @Test
  void givenTokenIdsOutsideTheVocabulary_rejectsBadRequest() {
    Settings<SamplingSetting> biased =
        EngineFixture.greedy(1).with(SamplingSetting.LOGIT_BIAS, java.util.Map.of(99, 1.0));
    Settings<SamplingSetting> stopped =
        EngineFixture.greedy(1).with(SamplingSetting.STOP_TOKEN_IDS, List.of(3, 1000));

    for (Request request :
        List.of(
            EngineFixture.request(EngineFixture.greedy(1), 1, 99),
            EngineFixture.request(biased, 1),
            EngineFixture.request(stopped, 1))) {
      Outcome outcome = run(EngineFixture.withPages(16), request);
      assertThat(((Outcome.Rejection) outcome).code()).isEqualTo(RejectionCode.BAD_REQUEST);
      assertThat(((Outcome.Rejection) outcome).message()).contains("allowed are 0 to 98");
    }
  }

  @Test
  void S4_6_givenNonFiniteLogits_rejectsThatRequestAlone() {
    EngineFixture fixture = EngineFixture.withPages(64);
    Request good = EngineFixture.request(EngineFixture.greedy(10), 1, 2, 3);
    Request bad = EngineFixture.request(EngineFixture.greedy(10), 1, FakeExecutable.POISON, 3);

    List<Outcome> outcomes =
        EngineFixture.run(fixture.engine(fixture.executable()), fixture, List.of(good, bad, good));

    assertThat(((Outcome.Rejection) outcomes.get(1)).code()).isEqualTo(RejectionCode.NON_FINITE);
    assertThat(outcomes.get(0)).isInstanceOf(Outcome.Completion.class);
    assertThat(tokens(outcomes.get(2))).isEqualTo(tokens(outcomes.get(0)));
  }

  @Test
  void S4_6_givenEqualLogits_rejectsThatRequestAlone() {
    EngineFixture fixture = EngineFixture.withPages(64);
    Request good = EngineFixture.request(EngineFixture.greedy(10), 1, 2, 3);
    Request flat = EngineFixture.request(EngineFixture.greedy(10), 1, FakeExecutable.FLAT, 3);
    Request scored =
        EngineFixture.request(
            EngineFixture.greedy(1).with(SamplingSetting.PROMPT_LOGPROBS, 0),
            FakeExecutable.FLAT,
            3);

    List<Outcome> outcomes =
        EngineFixture.run(
            fixture.engine(fixture.executable()), fixture, List.of(good, flat, scored));

    for (Outcome outcome : outcomes.subList(1, 3)) {
      assertThat(((Outcome.Rejection) outcome).code()).isEqualTo(RejectionCode.UNIFORM);
    }
    assertThat(((Outcome.Rejection) outcomes.get(1)).message())
        .isEqualTo("the model gave every token the same logit after 3 tokens of sample 0");
    assertThat(outcomes.get(0)).isInstanceOf(Outcome.Completion.class);
  }

  @Test
  void givenSeveralSamples_deliversEachByItsIndex() {
    EngineFixture fixture = EngineFixture.withPages(64);
    Settings<SamplingSetting> settings =
        Settings.none(SamplingSetting.class)
            .with(SamplingSetting.N, 3)
            .with(SamplingSetting.MAX_TOKENS, 12);
    Request request = EngineFixture.request(settings, 5, 6, 7, 8, 9, 10, 11, 12, 13);

    List<Sample> samples = completion(run(fixture, request)).samples();

    for (int i = 0; i < 3; i++) {
      assertThat(samples.get(i).sampleIndex()).isEqualTo(i);
      assertThat(samples.get(i).tokenIds().toArray())
          .isEqualTo(Expected.of(request, i, 64).outputTokenIds());
    }
    // 9 prompt tokens are 2 full pages of 4 and 1: later samples find both pages.
    assertThat(samples.get(1).cachedTokenCount()).isEqualTo(8);
  }

  @Test
  void givenLogprobsAskedFor_recordsOneRowPerToken() {
    EngineFixture fixture = EngineFixture.withPages(64);
    Settings<SamplingSetting> settings =
        EngineFixture.greedy(20)
            .with(SamplingSetting.LOGPROBS, 2)
            .with(SamplingSetting.IGNORE_EOS, true);

    Sample sample =
        completion(run(fixture, EngineFixture.request(settings, 1, 2))).samples().get(0);

    TokenLogprobs logprobs = Objects.requireNonNull(sample.logprobs());
    assertThat(logprobs.tokenCount()).isEqualTo(20);
    double sum = 0;
    for (int i = 0; i < 20; i++) {
      int token = sample.tokenIds().get(i);
      assertThat(logprobs.logprob(i)).isEqualTo(FakeExecutable.logprob(token, i + 2));
      assertThat(logprobs.topTokenIds(i))
          .containsExactly(token, (token + 1) % FakeExecutable.VOCABULARY);
      sum += logprobs.logprob(i);
    }
    assertThat(sample.cumulativeLogprob()).isEqualTo(sum);
  }

  @ParameterizedTest
  @CsvSource({"1,false", "7,false", "7,true", "64,true"})
  void givenPromptLogprobs_scoresEveryPromptTokenButTheFirst(int chunk, boolean isAsync) {
    EngineFixture fixture = EngineFixture.withPages(64).chunk(chunk).async(isAsync);
    Settings<SamplingSetting> settings =
        EngineFixture.greedy(3).with(SamplingSetting.PROMPT_LOGPROBS, 1);
    int[] prompt = new Random(5).ints(21, 0, 90).toArray();
    Request plain = EngineFixture.request(EngineFixture.greedy(3), prompt);
    Request scored = EngineFixture.request(settings, prompt);

    // The plain request fills the prefix cache first; scoring must not take hits from it.
    List<Outcome> outcomes =
        EngineFixture.run(
            fixture.engine(fixture.executable()), fixture, List.of(plain, scored, plain));

    Outcome.Completion completion = completion(outcomes.get(1));
    TokenLogprobs logprobs = Objects.requireNonNull(completion.promptLogprobs());
    assertThat(logprobs.tokenCount()).isEqualTo(20);
    for (int i = 0; i < 20; i++) {
      assertThat(logprobs.logprob(i)).isEqualTo(FakeExecutable.logprob(prompt[i + 1], i + 1));
    }
    assertThat(completion.samples().get(0).cachedTokenCount()).isZero();
    assertThat(tokens(outcomes.get(1))).isEqualTo(tokens(outcomes.get(0)));
  }

  @Test
  void givenTinyPool_preemptsAndStillEqualsHugePool() {
    List<Request> requests = mixedRequests(200, 3);
    EngineFixture huge = EngineFixture.withPages(512);
    List<Outcome> expected = EngineFixture.run(huge.engine(huge.executable()), huge, requests);

    for (boolean isAsync : new boolean[] {false, true}) {
      for (int chunk : new int[] {1, 5, 64}) {
        for (boolean caching : new boolean[] {false, true}) {
          // 16 pages of 4 hold one sequence of 64 tokens and no more.
          EngineFixture tiny = EngineFixture.withPages(16).chunk(chunk).async(isAsync);
          if (!caching) {
            tiny.withoutPrefixCaching();
          }
          Engine engine = tiny.engine(tiny.executable());

          List<Outcome> outcomes = EngineFixture.run(engine, tiny, requests);

          assertThat(engine.stats().preemptions()).as("preemptions").isGreaterThan(100);
          for (int i = 0; i < requests.size(); i++) {
            assertSame(outcomes.get(i), expected.get(i));
          }
          assertThat(engine.stats().pagesInUse()).isZero();
        }
      }
    }
  }

  @Test
  void givenCancelledRequest_freesItsPagesAndSparesTheOthers() {
    EngineFixture fixture = EngineFixture.withPages(64).async(true);
    Engine engine = fixture.engine(fixture.executable());
    Settings<SamplingSetting> endless =
        EngineFixture.greedy(60).with(SamplingSetting.IGNORE_EOS, true);
    RequestState kept = fixture.state(1, EngineFixture.request(endless, 1, 2));
    RequestState given = fixture.state(2, EngineFixture.request(endless, 3, 4));
    engine.add(kept);
    engine.add(given);
    engine.step();
    engine.step();

    engine.cancel(given);
    engine.cancel(given);
    while (!engine.isIdle()) {
      engine.step();
    }

    assertThat(((Outcome.Rejection) Objects.requireNonNull(given.outcome())).code())
        .isEqualTo(RejectionCode.CANCELLED);
    assertThat(tokens(Objects.requireNonNull(kept.outcome())))
        .isEqualTo(Expected.of(kept.request(), 0, 64).outputTokenIds());
    assertThat(engine.takeEnded()).containsExactlyInAnyOrder(kept, given);
    assertThat(engine.stats().pagesInUse()).isZero();
  }

  @Test
  void givenManyRequests_keepsStepsWithinBudgetAndSequencesWithinLimit() {
    EngineFixture fixture = new EngineFixture(new Capacity(10, 4, 64, 4, 64));
    FakeExecutable executable = fixture.executable();
    Engine engine = fixture.engine(executable);

    EngineFixture.run(engine, fixture, mixedRequests(40, 9));

    // I5: 10 tokens and 4 sequences; the fake itself refuses more than 10 tokens.
    assertThat(executable.widestBatch()).isEqualTo(10);
    assertThat(engine.stats().meanRunning()).isBetween(1.0, 4.0);
    assertThat(engine.stats().finishedRequests()).isEqualTo(40);
  }

  static List<Request> mixedRequests(int count, long seed) {
    Random random = new Random(seed);
    List<Request> requests = new ArrayList<>();
    int[] shared = random.ints(24, 0, 90).toArray();
    for (int i = 0; i < count; i++) {
      int sharedLength = random.nextInt(3) * 12;
      int[] own = random.ints(1 + random.nextInt(20), 0, 90).toArray();
      int[] prompt = Arrays.copyOf(shared, sharedLength + own.length);
      System.arraycopy(own, 0, prompt, sharedLength, own.length);
      Settings<SamplingSetting> settings =
          Settings.none(SamplingSetting.class)
              .with(SamplingSetting.TEMPERATURE, i % 2)
              .with(SamplingSetting.N, i % 5 == 0 ? 2 : 1)
              .with(SamplingSetting.MAX_TOKENS, 1 + random.nextInt(40));
      if (i % 7 == 0) {
        settings = settings.with(SamplingSetting.LOGPROBS, 1);
      }
      if (i % 11 == 0) {
        settings = settings.with(SamplingSetting.PROMPT_LOGPROBS, 2);
      }
      if (i % 6 == 0) {
        settings = settings.with(SamplingSetting.STOP, List.of("ab", "xyz", "q"));
      }
      requests.add(EngineFixture.request(settings, prompt));
    }
    return requests;
  }

  static void assertSame(Outcome actual, Outcome expected) {
    List<Sample> samples = completion(actual).samples();
    List<Sample> expectedSamples = completion(expected).samples();
    assertThat(samples).hasSameSizeAs(expectedSamples);
    for (int i = 0; i < samples.size(); i++) {
      Sample sample = samples.get(i);
      Sample wanted = expectedSamples.get(i);
      assertThat(sample.tokenIds()).isEqualTo(wanted.tokenIds());
      assertThat(sample.finishReason()).isEqualTo(wanted.finishReason());
      assertThat(sample.stopReason()).isEqualTo(wanted.stopReason());
      assertThat(sample.textEnd()).isEqualTo(wanted.textEnd());
      assertThat(sample.cumulativeLogprob()).isEqualTo(wanted.cumulativeLogprob());
      assertThat(sample.logprobs()).usingRecursiveComparison().isEqualTo(wanted.logprobs());
    }
    assertThat(completion(actual).promptLogprobs())
        .usingRecursiveComparison()
        .isEqualTo(completion(expected).promptLogprobs());
  }

  private static Outcome run(EngineFixture fixture, Request request) {
    return EngineFixture.run(fixture.engine(fixture.executable()), fixture, List.of(request))
        .get(0);
  }

  private static Outcome.Completion completion(Outcome outcome) {
    return (Outcome.Completion) outcome;
  }

  private static int[] tokens(Outcome outcome) {
    return completion(outcome).samples().get(0).tokenIds().toArray();
  }
}
