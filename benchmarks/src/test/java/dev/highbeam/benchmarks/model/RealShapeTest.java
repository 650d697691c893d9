// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.EngineClient;
import dev.highbeam.runtime.engine.EngineLease;
import dev.highbeam.runtime.engine.SharedEngines;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promise P3 at a real shape, that of Qwen2.5-0.5B: the same requests give the same tokens and
 * log-probabilities, bit for bit, with 1, 2 and 4 threads, alone and together, in small chunks, and
 * with so few pages that sequences are preempted. Small shapes cannot show what depends on panels,
 * blocks and the sharing out of work among threads.
 */
final class RealShapeTest {

  private static final int REQUESTS = 10;
  private static final int SHARED_TOKENS = 64;
  private static final int MAX_MODEL_LENGTH = 256;

  @TempDir static Path folder;
  private static Path model;

  @BeforeAll
  static void writeModel() throws IOException {
    SharedEngines.endWithLeases(); // Several of these are a lot of memory.
    model = new RandomModel(ModelShape.named("qwen2.5-0.5b"), folder).huggingFace();
  }

  @Test
  void givenRealShape_outcomesDoNotDependOnHowTheyAreComputed() throws InterruptedException {
    Map<String, String> expected = run(s -> s.with(EngineSetting.CPU_THREADS, 2));

    assertThat(expected).hasSize(REQUESTS);
    check("1 thread", expected, s -> s.with(EngineSetting.CPU_THREADS, 1));
    check("4 threads", expected, s -> s.with(EngineSetting.CPU_THREADS, 4));
    check("alone", expected, s -> s.with(EngineSetting.MAX_NUM_SEQS, 1));
    check(
        "chunks of 23, no prefix cache",
        expected,
        s ->
            s.with(EngineSetting.LONG_PREFILL_TOKEN_THRESHOLD, 23)
                .with(EngineSetting.ENABLE_PREFIX_CACHING, false));
    check(
        "few small pages",
        expected,
        s ->
            s.with(EngineSetting.BLOCK_SIZE, 4)
                .with(EngineSetting.NUM_GPU_BLOCKS_OVERRIDE, MAX_MODEL_LENGTH / 4 + 6));
  }

  private static void check(
      String how, Map<String, String> expected, UnaryOperator<Settings<EngineSetting>> change)
      throws InterruptedException {
    assertThat(run(change)).as(how).isEqualTo(expected);
  }

  private static Map<String, String> run(UnaryOperator<Settings<EngineSetting>> change)
      throws InterruptedException {
    Settings<EngineSetting> settings =
        Settings.none(EngineSetting.class)
            .with(EngineSetting.MODEL, model.toString())
            .with(EngineSetting.DEVICE, "cpu")
            .with(EngineSetting.DTYPE, "bfloat16")
            .with(EngineSetting.MAX_NUM_SEQS, 64)
            .with(EngineSetting.MAX_MODEL_LEN, MAX_MODEL_LENGTH)
            .with(EngineSetting.NUM_GPU_BLOCKS_OVERRIDE, 256);
    Map<String, String> outcomes = new HashMap<>();
    try (EngineLease lease = SharedEngines.acquire(EngineConfig.of(change.apply(settings)));
        EngineClient client = lease.connect()) {
      Map<Long, String> ids = new HashMap<>();
      for (Request request : requests()) {
        ids.put(client.submit(request), request.id());
      }
      while (outcomes.size() < REQUESTS) {
        Outcome outcome = client.poll(Duration.ofMinutes(5));
        assertThat(outcome).isInstanceOf(Outcome.Completion.class);
        outcomes.put(ids.get(outcome.ticket()), text((Outcome.Completion) outcome));
      }
    }
    return outcomes;
  }

  private static List<Request> requests() {
    Random random = new Random(2611);
    int[] shared = random.ints(SHARED_TOKENS, 300, 150_000).toArray();
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      int[] prompt = Arrays.copyOf(shared, (i % 3) * 32 + 1 + random.nextInt(60));
      for (int at = (i % 3) * 32; at < prompt.length; at++) {
        prompt[at] = 300 + random.nextInt(150_000);
      }
      Settings<SamplingSetting> settings =
          Settings.none(SamplingSetting.class)
              .with(SamplingSetting.TEMPERATURE, i % 2)
              .with(SamplingSetting.IGNORE_EOS, true)
              .with(SamplingSetting.MAX_TOKENS, 6);
      requests.add(Request.of("r" + i, prompt, SamplingParams.of(settings).withSeed(i)));
    }
    return requests;
  }

  private static String text(Outcome.Completion completion) {
    Sample sample = completion.samples().get(0);
    return sample.tokenIds() + " " + Double.doubleToRawLongBits(sample.cumulativeLogprob());
  }
}
