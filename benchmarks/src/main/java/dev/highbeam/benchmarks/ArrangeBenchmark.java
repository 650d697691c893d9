// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks;

import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.EngineLease;
import dev.highbeam.runtime.engine.EngineStats;
import dev.highbeam.runtime.engine.ModelCheck;
import dev.highbeam.runtime.engine.SharedEngines;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/**
 * What arranging brings: the same {@code generate} job over inputs that are full of duplicates,
 * full of common beginnings, or neither, as the input is, with each way of arranging alone, and
 * with all. Each run has an engine of its own, started before its time counts, because one that
 * another run has used would serve beginnings from that run.
 *
 * <pre>
 * ArrangeBenchmark MODEL [rows=1000] [rounds=3] [threads=0]
 * </pre>
 */
public final class ArrangeBenchmark {

  private static final int MAX_SEQUENCES = 32;

  /** Keys and values of half the sequences at their greatest length of 512: no room for all. */
  private static final int PAGES = 512;

  private static final List<String> OFF =
      List.of("--dedupe=false", "--groupPrefixes=false", "--longestFirst=false");

  private final Path model;
  private final int threads;
  private final Path folder;
  private int runs;

  private ArrangeBenchmark(Path model, int threads, Path folder) {
    this.model = model;
    this.threads = threads;
    this.folder = folder;
  }

  public static void main(String[] args) throws Exception {
    int rows = args.length > 1 ? Integer.parseInt(args[1]) : 1000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 3;
    int threads = args.length > 3 ? Integer.parseInt(args[3]) : 0;
    Path folder = Files.createTempDirectory("highbeam-benchmark");
    ArrangeBenchmark benchmark = new ArrangeBenchmark(Path.of(args[0]), threads, folder);
    for (ArrangeInput input : ArrangeInput.values()) {
      benchmark.compare(input, rows, rounds);
    }
    System.exit(0); // The engines linger.
  }

  private void compare(ArrangeInput kind, int rows, int rounds) throws Exception {
    Path input = kind.write(folder, rows);
    Map<Contender, EngineStats[]> stats = new LinkedHashMap<>();
    add(stats, "as it is", input, List.of());
    add(stats, "dedupe", input, List.of("--dedupe=true"));
    add(stats, "groupPrefixes", input, List.of("--groupPrefixes=true"));
    add(stats, "longestFirst", input, List.of("--longestFirst=true"));
    add(
        stats,
        "all three",
        input,
        List.of("--dedupe=true", "--groupPrefixes=true", "--longestFirst=true"));
    Contender.roundRobin(List.copyOf(stats.keySet()), rounds);
    System.out.printf(Locale.ROOT, "%n%s, %d rows%n", kind, rows);
    System.out.println("| arranged | prefilled | from cache | decoded | steps | s | processor s |");
    System.out.println("|---|---|---|---|---|---|---|");
    stats.forEach(
        (contender, last) ->
            System.out.printf(
                Locale.ROOT,
                "| %s | %,d | %,d | %,d | %,d | %.2f | %.2f |%n",
                contender.name(),
                last[0].promptTokens(),
                last[0].cachedTokens(),
                last[0].outputTokens(),
                last[0].steps(),
                contender.medianSeconds(),
                contender.medianProcessorSeconds()));
    System.out.println();
  }

  private void add(
      Map<Contender, EngineStats[]> stats, String name, Path input, List<String> options) {
    EngineStats[] last = new EngineStats[1];
    stats.put(new Contender(name, () -> run(input, options, last)), last);
  }

  private long run(Path input, List<String> options, EngineStats[] stats) throws Exception {
    runs++;
    List<String> engine = new ArrayList<>();
    Settings<EngineSetting> settings = Settings.none(EngineSetting.class);
    Map<EngineSetting, Object> values = new LinkedHashMap<>();
    values.put(EngineSetting.MODEL, model.toString());
    values.put(EngineSetting.DEVICE, "cpu");
    values.put(EngineSetting.CPU_THREADS, threads);
    values.put(EngineSetting.MAX_NUM_SEQS, MAX_SEQUENCES);
    values.put(EngineSetting.NUM_GPU_BLOCKS_OVERRIDE, PAGES);
    values.put(EngineSetting.STARTUP_TIMEOUT_SECONDS, 1800 + runs); // Makes it another engine.
    for (Map.Entry<EngineSetting, Object> value : values.entrySet()) {
      settings = settings.with(value.getKey(), value.getValue());
      engine.add("--" + value.getKey().optionName() + "=" + value.getValue());
    }
    try (EngineLease lease = SharedEngines.acquire(EngineConfig.of(settings))) {
      generate(input, engine, options);
      stats[0] = lease.stats();
      return stats[0].outputTokens();
    }
  }

  private void generate(Path input, List<String> engine, List<String> options)
      throws InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("generate", "--input=" + input));
    arguments.addAll(List.of("--output=" + folder.resolve("out-" + runs), "--temperature=0"));
    arguments.addAll(List.of("--ignoreEos", "--progress=none"));
    arguments.addAll(engine);
    for (String off : OFF) {
      String name = off.substring(0, off.indexOf('=') + 1);
      arguments.add(options.stream().filter(o -> o.startsWith(name)).findFirst().orElse(off));
    }
    StringWriter err = new StringWriter();
    Terminal terminal =
        Terminal.of(new PrintWriter(new StringWriter()), new PrintWriter(err), Map.of());
    Engines engines =
        new Engines(
            ModelCheck::check,
            new BeamStarter(settings -> direct(), SharedEngines::acquire),
            () -> null);
    int code = new Highbeam(terminal, engines).run(arguments.toArray(String[]::new));
    if (code != 0) {
      throw new IllegalStateException("generate ended with " + code + ": " + err);
    }
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
