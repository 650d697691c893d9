// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An engine in a process of its own, over requests that end it. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class IsolatedEngineTest {

  private static final Path MODEL =
      Path.of(System.getProperty("highbeam.root", "../.."), "examples/demo/model").toAbsolutePath();
  private static final EngineConfig CONFIG =
      EngineConfig.of(
          Settings.none(EngineSetting.class)
              .with(EngineSetting.MODEL, MODEL.toString())
              .with(EngineSetting.DEVICE, "cpu")
              .with(EngineSetting.CPU_THREADS, 1)
              .with(EngineSetting.MAX_NUM_SEQS, 8));
  private static final SamplingParams SAMPLING =
      SamplingParams.of(
          Settings.none(SamplingSetting.class)
              .with(SamplingSetting.MAX_TOKENS, 12)
              .with(SamplingSetting.IGNORE_EOS, true)
              .with(SamplingSetting.SEED, 7L));

  private static Request request(Tokenizer tokenizer, int number, boolean isPoison) {
    String prompt =
        "Message: number " + number + (isPoison ? " " + PoisonEngines.MARKER : "") + " of many";
    int[] ids = tokenizer.encode(prompt, Tokenizer.Specials.ADD);
    return Request.of(Integer.toString(number), ids, SAMPLING);
  }

  /** Each request's outcome by its number. */
  private static Map<Integer, Outcome> drive(
      EngineClient client, Tokenizer tokenizer, int requests, Set<Integer> poison)
      throws InterruptedException {
    Map<Long, Integer> numbers = new HashMap<>();
    for (int i = 0; i < requests; i++) {
      numbers.put(client.submit(request(tokenizer, i, poison.contains(i))), i);
    }
    Map<Integer, Outcome> outcomes = new TreeMap<>();
    while (outcomes.size() < requests) {
      Outcome outcome = client.poll(Duration.ofSeconds(30));
      if (outcome != null) {
        assertThat(outcomes.put(numbers.get(outcome.ticket()), outcome)).isNull();
      }
    }
    return outcomes;
  }

  private static List<Integer> tokens(Outcome outcome) {
    return java.util.Arrays.stream(
            ((Outcome.Completion) outcome).samples().get(0).tokenIds().toArray())
        .boxed()
        .toList();
  }

  @Test
  void givenPoison_onlyPoisonIsRejected_andOthersEqualThoseOfAnEngineInThisProcess()
      throws Exception {
    int requests = 60;
    Set<Integer> poison = new TreeSet<>(Set.of(3, 4, 41));
    try (EngineLease isolated = PoisonEngines.acquire(CONFIG.isolated(true));
        EngineClient client = isolated.connect()) {
      Map<Integer, Outcome> found = drive(client, isolated.tokenizer(), requests, poison);
      assertThat(isolated.info().maxSequences()).isEqualTo(8);
      for (int i : poison) {
        assertThat(found.get(i)).isInstanceOf(Outcome.Rejection.class);
        Outcome.Rejection rejection = (Outcome.Rejection) found.get(i);
        assertThat(rejection.code()).isEqualTo(RejectionCode.POISON);
        assertThat(rejection.message())
            .isEqualTo(
                "the request ended the engine's process again and again, and alone: it ended with"
                    + " code 134");
        found.remove(i);
      }
      try (EngineLease plain = SharedEngines.acquire(CONFIG);
          EngineClient other = plain.connect()) {
        Map<Integer, Outcome> expected = drive(other, plain.tokenizer(), requests, Set.of());
        found.forEach((i, o) -> assertThat(tokens(o)).isEqualTo(tokens(expected.get(i))));
        assertThat(found).hasSize(requests - poison.size());
        assertThat(plain.info()).isEqualTo(isolated.info());
      }
    }
  }

  @Test
  void givenModelThatIsNone_start_throwsTheChildsOwnFailure() {
    EngineConfig config =
        EngineConfig.of(CONFIG.settings().with(EngineSetting.MAX_MODEL_LEN, 1 << 20));
    assertThatThrownBy(() -> PoisonEngines.acquire(config.isolated(true)))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("max_model_len must be at most")
        .extracting(e -> ((EngineException) e).kind())
        .isEqualTo(EngineException.Kind.CONFIGURATION);
  }
}
