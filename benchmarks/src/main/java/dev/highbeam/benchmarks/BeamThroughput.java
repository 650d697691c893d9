// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks;

import com.sun.management.ThreadMXBean;
import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.EngineClient;
import dev.highbeam.runtime.engine.EngineLease;
import dev.highbeam.runtime.engine.EngineStats;
import dev.highbeam.runtime.engine.ModelCheck;
import dev.highbeam.runtime.engine.SharedEngines;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/**
 * What everything around the engine costs: the same requests given to the bare engine, tokenized
 * beforehand and all at once, and as a {@code generate} job on the Direct runner, from reading the
 * input to {@code _SUCCESS}. Both use one engine, which is started before the first round.
 *
 * <pre>
 * BeamThroughput MODEL [requests=8000] [max_tokens=64] [max_num_seqs=64] [rounds=3] [threads=0]
 * </pre>
 *
 * <p>Threads are the engine's on the processor, 0 for all. With one less than there are, the rest
 * of the job has a processor of its own, as it has beside a GPU.
 */
public final class BeamThroughput {

  private static final Duration WAIT = Duration.ofSeconds(1);
  private static final Pattern ENGINE_THREAD = Pattern.compile("highbeam-(engine|cpu-\\d+)");

  private final Path model;
  private final int requests;
  private final int maxTokens;
  private final int maxSequences;
  private final int threads;
  private final Path folder;

  private BeamThroughput(
      Path model, int requests, int maxTokens, int maxSequences, int threads, Path folder) {
    this.model = model;
    this.requests = requests;
    this.maxTokens = maxTokens;
    this.maxSequences = maxSequences;
    this.threads = threads;
    this.folder = folder;
  }

  public static void main(String[] args) throws Exception {
    Path model = Path.of(args[0]);
    int requests = number(args, 1, 8000);
    int maxTokens = number(args, 2, 64);
    int maxSequences = number(args, 3, 64);
    int rounds = number(args, 4, 3);
    int threads = number(args, 5, 0);
    Path folder = Files.createTempDirectory("highbeam-benchmark");
    new BeamThroughput(model, requests, maxTokens, maxSequences, threads, folder).compare(rounds);
    System.exit(0); // The engine lingers.
  }

  private static int number(String[] args, int index, int otherwise) {
    return args.length > index ? Integer.parseInt(args[index]) : otherwise;
  }

  private void compare(int rounds) throws Exception {
    Path input = folder.resolve("input.jsonl");
    writeInput(input);
    Settings<EngineSetting> engine =
        Settings.none(EngineSetting.class)
            .with(EngineSetting.MODEL, model.toString())
            .with(EngineSetting.DEVICE, "cpu")
            .with(EngineSetting.CPU_THREADS, threads)
            .with(EngineSetting.ENABLE_PREFIX_CACHING, false) // The prompts come again each round.
            .with(EngineSetting.MAX_NUM_SEQS, maxSequences);
    try (EngineLease lease = SharedEngines.acquire(EngineConfig.of(engine))) {
      List<Request> prepared = prepared(lease.tokenizer());
      Contender bare = new Contender("bare engine", watched(lease, () -> runBare(lease, prepared)));
      Contender beam = new Contender("generate on Beam", watched(lease, () -> runJob(input)));
      Contender.roundRobin(List.of(bare, beam), rounds);
      if (bare.tokens() != beam.tokens()) {
        throw new IllegalStateException(
            "the contenders did different work: " + bare.tokens() + ", " + beam.tokens());
      }
      System.out.printf(
          Locale.ROOT,
          "%d requests, %d tokens; %s: %.2f s; %s: %.2f s; throughput through Beam %.3f of bare,"
              + " by processor time %.3f%n",
          requests,
          bare.tokens(),
          bare.name(),
          bare.medianSeconds(),
          beam.name(),
          beam.medianSeconds(),
          bare.medianSeconds() / beam.medianSeconds(),
          bare.medianProcessorSeconds() / beam.medianProcessorSeconds());
    }
  }

  /** Says also how full the engine's steps were, and how much of the time it was in one. */
  private static Contender.Work watched(EngineLease lease, Contender.Work work) {
    return () -> {
      EngineStats before = lease.stats();
      long allocated = allocatedBytes();
      long begin = System.nanoTime();
      long tokens = work.run();
      double nanos = System.nanoTime() - begin;
      EngineStats after = lease.stats();
      long steps = after.steps() - before.steps();
      System.out.printf(
          Locale.ROOT,
          "  %d prompt tokens, %d steps, mean running %.1f, in steps %.3f of the time, %.2f ms a step, %.2f %% of it not"
              + " on the device, %d bytes allocated a step%n",
          after.promptTokens() - before.promptTokens(),
          steps,
          (double) (after.sequenceSteps() - before.sequenceSteps()) / steps,
          (after.stepNanos() - before.stepNanos()) / nanos,
          (after.stepNanos() - before.stepNanos()) / 1e6 / steps,
          100
              - 100.0
                  * (after.deviceNanos() - before.deviceNanos())
                  / (after.stepNanos() - before.stepNanos()),
          (allocatedBytes() - allocated) / steps);
      return tokens;
    };
  }

  /** What the engine's own threads have allocated so far. */
  private static long allocatedBytes() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long bytes = 0;
    for (long id : threads.getAllThreadIds()) {
      ThreadInfo thread = threads.getThreadInfo(id);
      if (thread != null && ENGINE_THREAD.matcher(thread.getThreadName()).matches()) {
        bytes += threads.getThreadAllocatedBytes(id);
      }
    }
    return bytes;
  }

  private static String prompt(int index) {
    return "Message: order "
        + index
        + " has not come yet, and I wait since day "
        + index % 97
        + ".\nTopic:";
  }

  private void writeInput(Path input) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      lines.add("{\"prompt\":\"" + prompt(i).replace("\n", "\\n") + "\"}");
    }
    Files.write(input, lines);
  }

  private List<Request> prepared(Tokenizer tokenizer) {
    // What the command line below says, and the seed that greedy decoding does not use.
    SamplingParams sampling =
        SamplingParams.of(
                Settings.none(SamplingSetting.class)
                    .with(SamplingSetting.TEMPERATURE, 0.0)
                    .with(SamplingSetting.IGNORE_EOS, true)
                    .with(SamplingSetting.MAX_TOKENS, maxTokens))
            .withSeed(1);
    List<Request> prepared = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      int[] tokens = tokenizer.encode(prompt(i), Tokenizer.Specials.ADD);
      prepared.add(Request.of(Integer.toString(i), tokens, sampling));
    }
    return prepared;
  }

  private static long runBare(EngineLease lease, List<Request> prepared)
      throws InterruptedException {
    long tokens = 0;
    try (EngineClient client = lease.connect()) {
      prepared.forEach(client::submit);
      for (int ended = 0; ended < prepared.size(); ) {
        Outcome outcome = client.poll(WAIT);
        if (outcome == null) {
          continue;
        }
        if (!(outcome instanceof Outcome.Completion completion)) {
          throw new IllegalStateException("the engine refused a request: " + outcome);
        }
        tokens += completion.samples().get(0).tokenIds().count();
        ended++;
      }
    }
    return tokens;
  }

  private long runJob(Path input) throws IOException, InterruptedException {
    Path output = Files.createTempDirectory(folder, "job").resolve("out");
    StringWriter err = new StringWriter();
    Terminal terminal =
        Terminal.of(new PrintWriter(new StringWriter()), new PrintWriter(err), Map.of());
    Engines engines =
        new Engines(
            ModelCheck::check,
            new BeamStarter(settings -> direct(), SharedEngines::acquire),
            () -> null);
    int code =
        new Highbeam(terminal, engines)
            .run(
                "generate",
                "--model=" + model,
                "--device=cpu",
                "--maxNumSeqs=" + maxSequences,
                "--cpuThreads=" + threads,
                "--enablePrefixCaching=false",
                "--input=" + input,
                "--output=" + output,
                "--temperature=0",
                "--ignoreEos",
                "--maxTokens=" + maxTokens);
    if (code != 0) {
      throw new IllegalStateException("generate ended with " + code + ": " + err);
    }
    String record = Files.readString(output.resolve("job.json"));
    return Long.parseLong(record.replaceFirst("(?s).*\"output\" *: *(\\d+).*", "$1"));
  }

  private static PipelineOptions direct() {
    DirectOptions options = PipelineOptionsFactory.create().as(DirectOptions.class);
    options.setRunner(DirectRunner.class);
    options.setTargetParallelism(4);
    options.setEnforceImmutability(false);
    options.setEnforceEncodability(false);
    options.setBlockOnRun(false);
    return options;
  }
}
