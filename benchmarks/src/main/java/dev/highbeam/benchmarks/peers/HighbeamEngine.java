// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.EngineClient;
import dev.highbeam.runtime.engine.EngineLease;
import dev.highbeam.runtime.engine.SharedEngines;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.time.Duration;
import java.util.List;

/**
 * Our engine behind its own door, {@link EngineClient}. It does not hand tokens out one by one, so
 * its counters say when it decoded; they change once a step.
 */
public final class HighbeamEngine implements TestedEngine {

  /** Short beside a step, so that a step's end is seen when it comes. */
  private static final Duration LOOK = Duration.ofMillis(1);

  private final EngineLease lease;

  private HighbeamEngine(EngineLease lease) {
    this.lease = lease;
  }

  public static void main(String[] args) {
    Worker.serve(args, HighbeamEngine::load);
  }

  static HighbeamEngine load(WorkerTask task) {
    return new HighbeamEngine(SharedEngines.acquire(EngineConfig.of(settings(task))));
  }

  /** Whether this build knows what a kind of weights asks for. */
  static boolean knows(String weights) {
    return weights.equals("bf16") || Settings.byName(EngineSetting.class, "quantization") != null;
  }

  private static Settings<EngineSetting> settings(WorkerTask task) {
    int pageSize = (Integer) EngineSetting.BLOCK_SIZE.parse(16);
    int pages = (task.batch() + Worker.WARM_PROMPTS + 1) * (task.contextTokens() / pageSize + 1);
    Settings<EngineSetting> settings =
        Settings.none(EngineSetting.class)
            .with(EngineSetting.MODEL, task.model().toString())
            .with(EngineSetting.DEVICE, "cpu")
            .with(EngineSetting.DTYPE, "bfloat16")
            .with(EngineSetting.CPU_THREADS, task.threads())
            .with(EngineSetting.MAX_NUM_SEQS, Math.max(task.batch(), Worker.WARM_PROMPTS))
            .with(EngineSetting.MAX_MODEL_LEN, task.contextTokens())
            .with(EngineSetting.BLOCK_SIZE, pageSize)
            .with(EngineSetting.NUM_GPU_BLOCKS_OVERRIDE, pages);
    if (!task.weights().equals("bf16")) {
      settings = settings.with(named("quantization"), task.weights());
    }
    for (var setting : task.settings().entrySet()) {
      settings = settings.with(named(setting.getKey()), setting.getValue());
    }
    return settings;
  }

  private static EngineSetting named(String name) {
    EngineSetting setting = Settings.byName(EngineSetting.class, name);
    if (setting == null) {
      throw new IllegalArgumentException("this build has no setting " + name);
    }
    return setting;
  }

  @Override
  public int countTokens(String text) {
    return lease.tokenizer().encode(text, Tokenizer.Specials.ADD).length;
  }

  @Override
  public void prefill(List<String> prompts) throws InterruptedException {
    run(prompts, 1, new DecodeWatch(lease::stats, 0));
  }

  @Override
  public DecodeSpan decode(List<String> prompts, int newTokens) throws InterruptedException {
    int promptTokens = prompts.stream().mapToInt(this::countTokens).sum();
    DecodeWatch watch = new DecodeWatch(lease::stats, promptTokens);
    run(prompts, newTokens, watch);
    return watch.span();
  }

  private void run(List<String> prompts, int newTokens, DecodeWatch watch)
      throws InterruptedException {
    SamplingParams sampling =
        SamplingParams.of(
                Settings.none(SamplingSetting.class)
                    .with(SamplingSetting.TEMPERATURE, 0.0)
                    .with(SamplingSetting.IGNORE_EOS, true)
                    .with(SamplingSetting.MAX_TOKENS, newTokens))
            .withSeed(1);
    try (EngineClient client = lease.connect()) {
      for (String prompt : prompts) {
        int[] tokens = lease.tokenizer().encode(prompt, Tokenizer.Specials.ADD);
        client.submit(Request.of("benchmark", tokens, sampling));
      }
      for (int ended = 0; ended < prompts.size(); watch.look()) {
        Outcome outcome = client.poll(LOOK);
        if (outcome != null) {
          check(outcome, newTokens);
          ended++;
        }
      }
    }
  }

  private static void check(Outcome outcome, int newTokens) {
    if (!(outcome instanceof Outcome.Completion completion)
        || completion.samples().get(0).tokenIds().count() != newTokens) {
      throw new IllegalStateException("not " + newTokens + " tokens: " + outcome);
    }
  }

  @Override
  public void close() {
    lease.close();
  }
}
