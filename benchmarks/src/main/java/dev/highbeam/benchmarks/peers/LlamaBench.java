// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A native build of llama.cpp, measured by its own llama-batched-bench: prompts one after another,
 * then all sequences decode, as in the other engines. Its prompts are tokens of its own choice.
 */
final class LlamaBench implements Peer {

  private static final String PROGRAM = "llama-batched-bench";

  private final CpuPeersOptions options;

  LlamaBench(CpuPeersOptions options) {
    this.options = options;
  }

  @Override
  public String name() {
    return "llama.cpp";
  }

  @Override
  public Optional<String> reasonToSkip(Cell cell) {
    if (options.llamaCpp().isEmpty()) {
      return Optional.of("no build is given (--llamaCpp=FOLDER)");
    }
    return program().isPresent()
        ? Optional.empty()
        : Optional.of("no " + PROGRAM + " in " + options.llamaCpp().get());
  }

  @Override
  public Measurement measure(Cell cell, Path log) throws IOException, InterruptedException {
    String threads = Integer.toString(options.threads());
    int tokens = options.promptTokens() + options.newTokens();
    List<String> command =
        List.of(
            program().orElseThrow().toString(),
            "-m",
            ModelFiles.gguf(options.model(), cell.weights()).toString(),
            "-c",
            Integer.toString(cell.batch() * tokens + tokens),
            "-t",
            threads,
            "-tb",
            threads,
            "-npp",
            Integer.toString(options.promptTokens()),
            "-ntg",
            Integer.toString(options.newTokens()),
            "-npl",
            Integer.toString(cell.batch()));
    return parse(ChildRun.run(command, log, options.limit()));
  }

  /** Reads the one row of its table, whose columns are named S_PP t/s and S_TG t/s. */
  static Measurement parse(List<String> lines) throws FailedRunException {
    List<String> names = List.of();
    for (String line : lines) {
      if (!line.startsWith("|")) {
        continue;
      }
      List<String> values = columns(line);
      if (values.contains("S_PP t/s") && values.contains("S_TG t/s")) {
        names = values;
      } else if (!names.isEmpty() && !values.get(0).startsWith("-")) {
        return new Measurement(
            Double.parseDouble(values.get(names.indexOf("S_PP t/s"))),
            Double.parseDouble(values.get(names.indexOf("S_TG t/s"))),
            Double.NaN);
      }
    }
    throw new FailedRunException(PROGRAM + " printed no table");
  }

  private static List<String> columns(String line) {
    return List.of(line.substring(1).split("\\|")).stream().map(String::trim).toList();
  }

  /** In the folder itself, or where a build leaves its programs. */
  private Optional<Path> program() {
    return options
        .llamaCpp()
        .flatMap(
            folder ->
                List.of(folder, folder.resolve("bin"), folder.resolve("build/bin")).stream()
                    .map(place -> place.resolve(PROGRAM))
                    .filter(Files::isExecutable)
                    .findFirst());
  }
}
