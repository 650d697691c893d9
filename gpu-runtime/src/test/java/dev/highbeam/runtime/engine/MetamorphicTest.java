// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.model.SharedData;
import dev.highbeam.runtime.model.TinyCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Promise P3 on real models: the same requests, run alone or together, shuffled, in small and large
 * chunks, with and without the prefix cache, a step ahead or not, and with so few pages that
 * sequences are preempted all the time, give the same outcomes bit for bit.
 */
class MetamorphicTest {

  private static final int PAGE_SIZE = 16;

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void givenTrainedModel_outcomesDoNotDependOnHowTheyAreComputed(String device) {
    Path model = SharedData.require("stories260k/hf");
    List<Request> requests = mixedRequests(200, 512, 12, 40);
    checkMatrix(model, device, requests, 192, 100);
  }

  @Test
  void givenRandomModel_outcomesDoNotDependOnHowTheyAreComputed(@TempDir Path folder)
      throws IOException {
    TinyCheckpoint.qwen2().writeTo(folder);
    checkMatrix(folder, "cpu", mixedRequests(200, 259, 12, 50), 128, 100);
  }

  @Test
  void givenWideModelAndLongContext_outcomesDoNotDependOnHowTheyAreComputed(@TempDir Path folder)
      throws IOException {
    TinyCheckpoint.wide().writeTo(folder);
    List<Request> requests = new ArrayList<>();
    Random random = new Random(3);
    int[] shared = random.ints(2048, 3, 259).toArray();
    for (int i = 0; i < 4; i++) {
      int[] prompt = java.util.Arrays.copyOf(shared, 2048 + 5 * i);
      for (int p = 2048; p < prompt.length; p++) {
        prompt[p] = 3 + random.nextInt(256);
      }
      Settings<SamplingSetting> settings =
          Settings.none(SamplingSetting.class)
              .with(SamplingSetting.TEMPERATURE, i % 2)
              .with(SamplingSetting.MAX_TOKENS, 6)
              .with(SamplingSetting.LOGPROBS, 3);
      requests.add(Request.of("w" + i, prompt, SamplingParams.of(settings).withSeed(i)));
    }
    Map<String, String> expected = run(folder, "cpu", requests, s -> s).outcomes();

    // 2,100 tokens are 132 pages; 150 hold one sequence and a bit.
    UnaryOperator<Settings<EngineSetting>> tiny =
        s ->
            s.with(EngineSetting.MAX_MODEL_LEN, 2100)
                .with(EngineSetting.NUM_GPU_BLOCKS_OVERRIDE, 150)
                .with(EngineSetting.ENABLE_PREFIX_CACHING, false);
    assertThat(run(folder, "cpu", requests, tiny).outcomes()).isEqualTo(expected);
    assertThat(
            run(
                    folder,
                    "cpu",
                    requests,
                    s ->
                        s.with(EngineSetting.LONG_PREFILL_TOKEN_THRESHOLD, 129)
                            .with(EngineSetting.CPU_THREADS, 3))
                .outcomes())
        .isEqualTo(expected);
    assertThat(run(folder, "cpu", requests, s -> s.with(EngineSetting.MAX_NUM_SEQS, 1)).outcomes())
        .isEqualTo(expected);
  }

  /** Runs the requests in all ways; with few pages at least so many preemptions must occur. */
  static void checkMatrix(
      Path model, String device, List<Request> requests, int maxModelLength, int leastPreemptions) {
    UnaryOperator<Settings<EngineSetting>> base =
        s -> s.with(EngineSetting.MAX_MODEL_LEN, maxModelLength);
    Map<String, String> expected =
        run(model, device, requests, s -> base.apply(s).with(EngineSetting.MAX_NUM_SEQS, 64))
            .outcomes();
    assertThat(expected).hasSize(requests.size());

    check(model, device, requests, expected, base, "alone", s -> s.with(seqs(), 1));
    List<Request> shuffled = new ArrayList<>(requests);
    Collections.shuffle(shuffled, new Random(99));
    check(model, device, shuffled, expected, base, "shuffled", s -> s.with(seqs(), 64));
    for (int chunk : new int[] {1, 7, 256}) {
      check(
          model,
          device,
          requests,
          expected,
          base,
          "chunks of " + chunk,
          s ->
              s.with(seqs(), 64)
                  .with(EngineSetting.LONG_PREFILL_TOKEN_THRESHOLD, chunk)
                  .with(EngineSetting.ENABLE_PREFIX_CACHING, chunk == 7)
                  .with(EngineSetting.ASYNC_SCHEDULING, chunk == 7));
    }
    // Small pages, and few: they hold one sequence of the greatest length and a little more.
    for (boolean caching : new boolean[] {false, true}) {
      Run run =
          check(
              model,
              device,
              shuffled,
              expected,
              base,
              "few pages, caching " + caching,
              s ->
                  s.with(seqs(), 64)
                      .with(EngineSetting.BLOCK_SIZE, 4)
                      .with(EngineSetting.NUM_GPU_BLOCKS_OVERRIDE, maxModelLength / 4 + 6)
                      .with(EngineSetting.ENABLE_PREFIX_CACHING, caching)
                      .with(EngineSetting.ASYNC_SCHEDULING, caching));
      assertThat(run.stats().preemptions()).isGreaterThanOrEqualTo(leastPreemptions);
    }
  }

  private static EngineSetting seqs() {
    return EngineSetting.MAX_NUM_SEQS;
  }

  private static Run check(
      Path model,
      String device,
      List<Request> requests,
      Map<String, String> expected,
      UnaryOperator<Settings<EngineSetting>> base,
      String how,
      UnaryOperator<Settings<EngineSetting>> change) {
    Run run = run(model, device, requests, s -> change.apply(base.apply(s)));
    assertThat(run.outcomes()).as(how).isEqualTo(expected);
    return run;
  }

  /** Outcomes by request id, as text that shows every bit, and the engine's counters. */
  record Run(Map<String, String> outcomes, EngineStats stats) {}

  static Run run(
      Path model,
      String device,
      List<Request> requests,
      UnaryOperator<Settings<EngineSetting>> change) {
    Settings<EngineSetting> settings =
        Settings.none(EngineSetting.class)
            .with(EngineSetting.MODEL, model.toString())
            .with(EngineSetting.DEVICE, device)
            .with(EngineSetting.DTYPE, device.equals("reference") ? "float32" : "bfloat16")
            .with(EngineSetting.SHARE_GPU, true)
            .with(EngineSetting.BLOCK_SIZE, PAGE_SIZE);
    EngineConfig config = EngineConfig.of(change.apply(settings));
    Map<String, String> outcomes = new HashMap<>();
    try (RunningEngine engine = TestEngines.start(config);
        EngineClient client = engine.loop().connect()) {
      Map<Long, String> ids = new HashMap<>();
      for (Request request : requests) {
        ids.put(client.submit(request), request.id());
      }
      while (outcomes.size() < requests.size()) {
        Outcome outcome = Objects.requireNonNull(client.poll(Duration.ofMinutes(5)));
        outcomes.put(Objects.requireNonNull(ids.get(outcome.ticket())), OutcomeText.of(outcome));
      }
      return new Run(outcomes, engine.loop().stats());
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Half of them sampled; penalties, stops, log-probabilities and two samples mixed in. */
  static List<Request> mixedRequests(int count, int vocabulary, int longestPrompt, int maxTokens) {
    Random random = new Random(42);
    int[] shared = random.ints(48, 3, vocabulary).toArray();
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int sharedLength = 24 * random.nextInt(3);
      int[] own = random.ints(1 + random.nextInt(longestPrompt), 3, vocabulary).toArray();
      int[] prompt = java.util.Arrays.copyOf(shared, sharedLength + own.length);
      System.arraycopy(own, 0, prompt, sharedLength, own.length);
      Settings<SamplingSetting> settings =
          Settings.none(SamplingSetting.class)
              .with(SamplingSetting.TEMPERATURE, i % 2 == 0 ? 0 : 0.9)
              .with(SamplingSetting.MAX_TOKENS, maxTokens / 2 + random.nextInt(maxTokens / 2));
      if (i % 4 == 1) {
        settings =
            settings
                .with(SamplingSetting.TOP_P, 0.9)
                .with(SamplingSetting.TOP_K, 40)
                .with(SamplingSetting.MIN_P, 0.01)
                .with(SamplingSetting.REPETITION_PENALTY, 1.2)
                .with(SamplingSetting.PRESENCE_PENALTY, 0.3)
                .with(SamplingSetting.FREQUENCY_PENALTY, 0.2);
      }
      if (i % 5 == 0) {
        settings = settings.with(SamplingSetting.N, 2);
      }
      if (i % 3 == 0) {
        settings = settings.with(SamplingSetting.LOGPROBS, 2);
      }
      if (i % 8 == 0) {
        settings = settings.with(SamplingSetting.PROMPT_LOGPROBS, 1);
      }
      if (i % 6 == 0) {
        settings = settings.with(SamplingSetting.STOP, List.of("e", " the", "ing"));
      }
      if (i % 7 == 0) {
        settings = settings.with(SamplingSetting.LOGIT_BIAS, Map.of(13, 2.5, 14, -100));
      }
      requests.add(Request.of("r" + i, prompt, SamplingParams.of(settings).withSeed(1000 + i)));
    }
    return requests;
  }
}
