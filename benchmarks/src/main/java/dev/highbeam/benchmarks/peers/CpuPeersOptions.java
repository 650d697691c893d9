// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import dev.highbeam.benchmarks.model.ModelShape;
import dev.highbeam.benchmarks.model.RandomModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** The command line of {@link CpuPeers}: options as --name=value. */
final class CpuPeersOptions {

  /** Each option with its default. */
  private static final Map<String, String> DEFAULTS =
      Map.ofEntries(
          Map.entry("model", "llama-3.2-1b"),
          Map.entry("weights", "bf16,int8"),
          Map.entry("batches", "1,8,32,64,256"),
          Map.entry("rounds", "3"),
          Map.entry("contenders", "highbeam,kherud,jlama,llama.cpp"),
          Map.entry("threads", Integer.toString(Runtime.getRuntime().availableProcessors())),
          Map.entry("promptTokens", "128"),
          Map.entry("newTokens", "64"),
          Map.entry("models", "benchmarks/target/models"),
          Map.entry("peers", "benchmarks/target/peers"),
          Map.entry("out", "benchmarks/target/cpu-peers"),
          Map.entry("newerJava", "/usr/lib/jvm/temurin-25-jdk-amd64"),
          Map.entry("llamaCpp", ""),
          Map.entry("heap", "12g"),
          Map.entry("minutes", "60"),
          Map.entry("set", ""));

  private static final long PROMPT_SEED = 1;

  private final Map<String, String> values;

  private CpuPeersOptions(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Reads a command line.
   *
   * @throws IllegalArgumentException if an argument is none of the options; the message lists them
   */
  static CpuPeersOptions parse(String... args) {
    Map<String, String> values = new TreeMap<>(DEFAULTS);
    for (String arg : args) {
      int equals = arg.indexOf('=');
      String name = arg.startsWith("--") && equals > 0 ? arg.substring(2, equals) : "";
      if (!values.containsKey(name)) {
        throw new IllegalArgumentException(
            arg + " is none of --NAME=VALUE with these names and defaults: " + values);
      }
      values.put(name, arg.substring(equals + 1));
    }
    return new CpuPeersOptions(values);
  }

  RandomModel model() {
    return new RandomModel(ModelShape.named(text("model")), Path.of(text("models")));
  }

  List<String> weights() {
    List<String> weights = list("weights");
    for (String kind : weights) {
      if (!List.of("bf16", "int8").contains(kind)) {
        throw new IllegalArgumentException("weights must be bf16 or int8, was " + kind);
      }
    }
    return weights;
  }

  List<Integer> batches() {
    return list("batches").stream().map(Integer::valueOf).toList();
  }

  int rounds() {
    return number("rounds");
  }

  List<String> contenders() {
    return list("contenders");
  }

  int threads() {
    return number("threads");
  }

  int promptTokens() {
    return number("promptTokens");
  }

  int newTokens() {
    return number("newTokens");
  }

  /** Folder with the libraries of the engines for the JVM. */
  Path peers() {
    return Path.of(text("peers"));
  }

  /** Folder for the tables and the processes' logs. */
  Path out() {
    return Path.of(text("out"));
  }

  /** A JDK whose Vector API and Java are new enough for Jlama. */
  Path newerJava() {
    return Path.of(text("newerJava"));
  }

  Optional<Path> llamaCpp() {
    return text("llamaCpp").isEmpty() ? Optional.empty() : Optional.of(Path.of(text("llamaCpp")));
  }

  /** Most heap of an engine's JVM. */
  String heap() {
    return text("heap");
  }

  /** Most time that one engine may take for one cell. */
  Duration limit() {
    return Duration.ofMinutes(number("minutes"));
  }

  /** Settings of our engine, by name. */
  Map<String, String> settings() {
    Map<String, String> settings = new TreeMap<>();
    for (String setting : list("set")) {
      int equals = setting.indexOf('=');
      if (equals <= 0) {
        throw new IllegalArgumentException("--set takes name=value, was " + setting);
      }
      settings.put(setting.substring(0, equals), setting.substring(equals + 1));
    }
    return settings;
  }

  /** All options with their values, for the record. */
  Map<String, String> values() {
    return Map.copyOf(values);
  }

  /** Writes the prompts of a batch, those that warm up first; the same in every round. */
  Path promptFile(int batch) throws IOException {
    Path file = out().resolve("prompts-" + batch + ".txt");
    Files.createDirectories(out());
    Files.write(file, model().prompts(Worker.WARM_PROMPTS + batch, promptTokens(), PROMPT_SEED));
    return file;
  }

  private String text(String name) {
    return Objects.requireNonNull(values.get(name), name);
  }

  private int number(String name) {
    int value = Integer.parseInt(text(name));
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, was " + value);
    }
    return value;
  }

  private List<String> list(String name) {
    return text(name).isEmpty() ? List.of() : List.of(text(name).split(","));
  }
}
