// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a worker is to do, as it travels in its command line.
 *
 * @param model file or folder, in the form that the engine reads
 * @param weights {@code bf16} or {@code int8}
 * @param prompts file with one prompt in each line: first those that warm up, then the batch
 * @param batch sequences at once
 * @param settings the engine's own, by name
 */
public record WorkerTask(
    Path model,
    String weights,
    int threads,
    Path prompts,
    int promptTokens,
    int newTokens,
    int batch,
    Map<String, String> settings) {

  private static final int FIXED = 7;

  /** Each as one argument; settings follow as name=value. */
  List<String> arguments() {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                model.toString(),
                weights,
                Integer.toString(threads),
                prompts.toString(),
                Integer.toString(promptTokens),
                Integer.toString(newTokens),
                Integer.toString(batch)));
    settings.forEach((name, value) -> arguments.add(name + "=" + value));
    return arguments;
  }

  static WorkerTask parse(String[] arguments) {
    Map<String, String> settings = new TreeMap<>();
    for (int i = FIXED; i < arguments.length; i++) {
      int equals = arguments[i].indexOf('=');
      settings.put(arguments[i].substring(0, equals), arguments[i].substring(equals + 1));
    }
    return new WorkerTask(
        Path.of(arguments[0]),
        arguments[1],
        Integer.parseInt(arguments[2]),
        Path.of(arguments[3]),
        Integer.parseInt(arguments[4]),
        Integer.parseInt(arguments[5]),
        Integer.parseInt(arguments[6]),
        settings);
  }

  /** Most tokens of one sequence, with a few to spare. */
  public int contextTokens() {
    return promptTokens + newTokens + 32;
  }

  /** The lines of the file; their blanks in front belong to them. */
  List<String> readPrompts() throws IOException {
    List<String> lines = Files.readAllLines(prompts);
    if (lines.size() <= batch) {
      throw new IllegalStateException(
          prompts + " has " + lines.size() + " prompts, none of them to warm up");
    }
    return lines;
  }
}
