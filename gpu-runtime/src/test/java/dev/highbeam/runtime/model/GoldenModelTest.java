// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.reference.ReferenceBackend;
import dev.highbeam.runtime.json.JsonFile;
import dev.highbeam.runtime.json.JsonValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Models run by other people's programs, run here on the reference backend: the same greedy paths,
 * and log-probabilities within 1e-3. first_close_call is the first step at which the two likeliest
 * tokens lie so close that the last bits decide; paths are compared up to there.
 */
final class GoldenModelTest {

  private static final float TOLERANCE = 1e-3f;

  @Test
  void givenTrainedLlama_greedy_followsTheReferencePaths() throws IOException {
    Path data = SharedData.require("stories260k");
    try (ReferenceBackend backend = new ReferenceBackend();
        HandLoop loop = loop(backend, data.resolve("hf"))) {
      List<JsonValue> rows = rows(data.resolve("ref/shared_greedy.jsonl"));
      for (JsonValue row : rows) {
        int[] expected = ints(row.required("greedy_ids"));
        int count = row.required("first_close_call").integer(0, expected.length);
        HandLoop.Run run = loop.run(ints(row.required("prompt_ids")), Math.max(1, count));
        checkPath(row, run, expected, count);
        checkLogprobs(row, run.logprobs(), "greedy_logprobs", count);
      }
      assertThat(rows).hasSize(60);
    }
  }

  @Test
  void givenTrainedLlama_score_agreesOnEveryToken() throws IOException {
    Path data = SharedData.require("stories260k");
    try (ReferenceBackend backend = new ReferenceBackend();
        HandLoop loop = loop(backend, data.resolve("hf"))) {
      List<JsonValue> rows = rows(data.resolve("ref/shared_score_sst2_dev100.jsonl"));
      for (JsonValue row : rows) {
        int[] prompt = ints(row.required("prompt_ids"));
        HandLoop.Run run = loop.run(prompt, 1);
        checkLogprobs(row, run.promptLogprobs(), "token_logprobs", prompt.length - 1);
      }
      assertThat(rows).hasSize(100);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-gqa", "qwen2"})
  void givenRandomWeights_run_agreesWithLlamaCpp(String name) throws IOException {
    Path data = SharedData.require("tiny_random_archs/" + name);
    try (ReferenceBackend backend = new ReferenceBackend();
        HandLoop loop = loop(backend, data)) {
      List<JsonValue> rows = rows(data.resolve("reference.jsonl"));
      for (JsonValue row : rows) {
        int[] prompt = ints(row.required("prompt_ids"));
        int[] expected = ints(row.required("greedy_ids"));
        int count = row.required("first_close_call").integer(0, expected.length);
        HandLoop.Run run = loop.run(prompt, Math.max(1, count));
        checkPath(row, run, expected, count);
        checkLogprobs(row, run.promptLogprobs(), "prompt_logprobs", prompt.length - 1);
      }
      assertThat(rows).hasSize(48);
    }
  }

  private static HandLoop loop(ReferenceBackend backend, Path folder) {
    DecoderModel model = ModelFolder.open(folder).load(backend, DType.F32, DType.F32);
    return new HandLoop(backend, model, 512);
  }

  private static void checkPath(JsonValue row, HandLoop.Run run, int[] expected, int count) {
    for (int i = 0; i < count; i++) {
      assertThat(run.tokenIds()[i]).as("%s token %s", row.fileName(), i).isEqualTo(expected[i]);
    }
  }

  private static void checkLogprobs(JsonValue row, float[] actual, String key, int count)
      throws IOException {
    List<JsonValue> expected = row.required(key).elements();
    for (int i = 0; i < count; i++) {
      assertThat(actual[i])
          .as("%s %s %s", row.fileName(), key, i)
          .isCloseTo((float) expected.get(i).number(), within(TOLERANCE));
    }
  }

  private static List<JsonValue> rows(Path file) throws IOException {
    List<JsonValue> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
      rows.add(JsonFile.parse("row " + rows.size(), bytes, bytes.length));
    }
    return rows;
  }

  private static int[] ints(JsonValue list) throws IOException {
    List<JsonValue> elements = list.elements();
    int[] ints = new int[elements.size()];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = elements.get(i).integer(0, Integer.MAX_VALUE);
    }
    return ints;
  }
}
