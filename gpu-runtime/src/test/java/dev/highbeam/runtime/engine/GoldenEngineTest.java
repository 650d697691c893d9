// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.api.TokenLogprobs;
import dev.highbeam.runtime.model.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real models through the whole engine, against outputs that other programs computed. */
class GoldenEngineTest {

  private static final double LOGPROB_TOLERANCE = 1e-3;
  private static final JsonMapper JSON = new JsonMapper();

  @ParameterizedTest
  @ValueSource(strings = {"reference", "cpu"})
  void givenTrainedModel_greedyPathsAndLogprobsEqualTheReference(String device) throws Exception {
    List<JsonNode> rows = rows("stories260k/ref/shared_greedy.jsonl");
    List<Request> requests = new ArrayList<>();
    for (JsonNode row : rows) {
      requests.add(request(row, greedy(64).with(SamplingSetting.LOGPROBS, 1)));
    }

    List<Outcome> outcomes = run("stories260k/hf", device, "float32", requests);

    for (int i = 0; i < rows.size(); i++) {
      Sample sample = ((Outcome.Completion) outcomes.get(i)).samples().get(0);
      TokenLogprobs logprobs = Objects.requireNonNull(sample.logprobs());
      int[] expected = ints(rows.get(i).get("greedy_ids"));
      int certain = rows.get(i).get("first_close_call").asInt();
      assertThat(sample.tokenIds().count()).isEqualTo(64);
      for (int t = 0; t < certain; t++) {
        assertThat(sample.tokenIds().get(t)).as("row %s token %s", i, t).isEqualTo(expected[t]);
        assertThat((double) logprobs.logprob(t))
            .isCloseTo(
                rows.get(i).get("greedy_logprobs").get(t).asDouble(), within(LOGPROB_TOLERANCE));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "llama-gqa,reference",
    "llama-gqa,cpu",
    "qwen2,reference",
    "qwen2,cpu",
  })
  void givenRandomArchitecture_greedyPathsAndPromptLogprobsEqualTheReference(
      String model, String device) throws Exception {
    List<JsonNode> rows = rows("tiny_random_archs/" + model + "/reference.jsonl");
    List<Request> requests = new ArrayList<>();
    for (JsonNode row : rows) {
      requests.add(request(row, greedy(32).with(SamplingSetting.PROMPT_LOGPROBS, 0)));
    }

    List<Outcome> outcomes = run("tiny_random_archs/" + model, device, "float32", requests);

    for (int i = 0; i < rows.size(); i++) {
      Outcome.Completion completion = (Outcome.Completion) outcomes.get(i);
      int[] expected = ints(rows.get(i).get("greedy_ids"));
      int certain = Math.min(32, rows.get(i).get("first_close_call").asInt());
      assertThat(Arrays.copyOf(completion.samples().get(0).tokenIds().toArray(), certain))
          .as("row %s", i)
          .isEqualTo(Arrays.copyOf(expected, certain));
      TokenLogprobs logprobs = Objects.requireNonNull(completion.promptLogprobs());
      JsonNode wanted = rows.get(i).get("prompt_logprobs");
      assertThat(logprobs.tokenCount()).isEqualTo(wanted.size());
      for (int t = 0; t < wanted.size(); t++) {
        assertThat((double) logprobs.logprob(t))
            .isCloseTo(wanted.get(t).asDouble(), within(LOGPROB_TOLERANCE));
      }
    }
  }

  /** The figures that docs/numerics.md publishes; printed, so that they can be copied. */
  @Test
  void givenBfloat16_errorAgainstFloat32StaysSmall() throws Exception {
    List<JsonNode> rows = rows("stories260k/ref/shared_greedy.jsonl");
    List<Request> paths = new ArrayList<>();
    List<Request> scored = new ArrayList<>();
    for (JsonNode row : rows) {
      paths.add(request(row, greedy(64)));
      int[] prompt = ints(row.get("prompt_ids"));
      int[] path = ints(row.get("greedy_ids"));
      int[] all = Arrays.copyOf(prompt, prompt.length + path.length);
      System.arraycopy(path, 0, all, prompt.length, path.length);
      scored.add(
          Request.of(
              row.get("source").asText(),
              all,
              SamplingParams.of(greedy(1).with(SamplingSetting.PROMPT_LOGPROBS, 0)).withSeed(0)));
    }
    List<Outcome> f32 = run("stories260k/hf", "cpu", "float32", scored);
    List<Outcome> bf16 = run("stories260k/hf", "cpu", "bfloat16", scored);
    double sum = 0;
    double max = 0;
    int count = 0;
    for (int i = 0; i < rows.size(); i++) {
      TokenLogprobs a = Objects.requireNonNull(((Outcome.Completion) f32.get(i)).promptLogprobs());
      TokenLogprobs b = Objects.requireNonNull(((Outcome.Completion) bf16.get(i)).promptLogprobs());
      for (int t = 0; t < a.tokenCount(); t++) {
        double difference = Math.abs(a.logprob(t) - b.logprob(t));
        sum += difference;
        max = Math.max(max, difference);
        count++;
      }
    }
    int equalPaths = 0;
    List<Outcome> bf16Paths = run("stories260k/hf", "cpu", "bfloat16", paths);
    for (int i = 0; i < rows.size(); i++) {
      int[] path = ((Outcome.Completion) bf16Paths.get(i)).samples().get(0).tokenIds().toArray();
      equalPaths += Arrays.equals(path, ints(rows.get(i).get("greedy_ids"))) ? 1 : 0;
    }
    org.slf4j.LoggerFactory.getLogger(GoldenEngineTest.class)
        .info(
            String.format(
                Locale.ROOT,
                "bfloat16 against float32, %d tokens: log-probabilities differ by %.4f in the"
                    + " mean, %.4f at most; %d of %d greedy paths of 64 tokens are equal",
                count,
                sum / count,
                max,
                equalPaths,
                rows.size()));
    assertThat(sum / count).isLessThan(0.02);
    assertThat(max).isLessThan(0.5);
    assertThat(equalPaths).isGreaterThan(rows.size() / 2);
  }

  private static Settings<SamplingSetting> greedy(int maxTokens) {
    return Settings.none(SamplingSetting.class)
        .with(SamplingSetting.TEMPERATURE, 0)
        .with(SamplingSetting.MAX_TOKENS, maxTokens)
        .with(SamplingSetting.IGNORE_EOS, true);
  }

  private static Request request(JsonNode row, Settings<SamplingSetting> settings) {
    return Request.of(
        row.get("source").asText(),
        ints(row.get("prompt_ids")),
        SamplingParams.of(settings).withSeed(0));
  }

  /** Outcomes in the order of the requests. */
  private static List<Outcome> run(
      String model, String device, String dtype, List<Request> requests)
      throws InterruptedException {
    EngineConfig config =
        EngineConfig.of(
            Settings.none(EngineSetting.class)
                .with(EngineSetting.MODEL, SharedData.require(model).toString())
                .with(EngineSetting.DEVICE, device)
                .with(EngineSetting.DTYPE, dtype)
                .with(EngineSetting.MAX_NUM_SEQS, 64));
    try (RunningEngine engine = TestEngines.start(config);
        EngineClient client = engine.loop().connect()) {
      List<Long> tickets = new ArrayList<>();
      for (Request request : requests) {
        tickets.add(client.submit(request));
      }
      Outcome[] outcomes = new Outcome[requests.size()];
      for (int i = 0; i < outcomes.length; i++) {
        Outcome outcome = Objects.requireNonNull(client.poll(Duration.ofMinutes(5)));
        outcomes[tickets.indexOf(outcome.ticket())] = outcome;
      }
      return Arrays.asList(outcomes);
    }
  }

  private static List<JsonNode> rows(String name) throws IOException {
    Path file = SharedData.require(name);
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  private static int[] ints(JsonNode array) {
    int[] values = new int[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asInt();
    }
    return values;
  }
}
