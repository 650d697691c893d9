// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A job over the demo's model and messages, each message numbered, so that no two rows are equal.
 *
 * @param rows of the input
 * @param maxTokens per row; rows that end earlier are let go on
 * @param maxSequences that an engine runs at once
 */
record ChaosJob(int rows, int maxTokens, int maxSequences) {

  private static final int ROWS_PER_FILE = 500;
  private static final Path DEMO = LocalCluster.ROOT.resolve("examples/demo");

  /** Writes the input; returns the ids of its rows. */
  Set<String> writeInput(Path folder) throws IOException {
    List<String> messages = Files.readAllLines(DEMO.resolve("messages.jsonl"));
    Files.createDirectories(folder);
    Set<String> ids = new LinkedHashSet<>();
    List<String> lines = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      String id = String.format("row-%06d", row);
      String message = messages.get(row % messages.size());
      lines.add(
          message
              .replaceFirst("\"custom_id\": \"[^\"]*\"", "\"custom_id\": \"" + id + "\"")
              .replaceFirst("\"message\": \"", "\"message\": \"" + row + ": "));
      ids.add(id);
      if (lines.size() == ROWS_PER_FILE || row == rows - 1) {
        Files.write(folder.resolve(String.format("part-%04d.jsonl", row / ROWS_PER_FILE)), lines);
        lines.clear();
      }
    }
    return ids;
  }

  /** The command line. */
  List<String> arguments(Path input, Path output) {
    List<String> arguments = new ArrayList<>(List.of("generate"));
    arguments.add("--config=" + DEMO.resolve("job.yaml"));
    arguments.addAll(List.of("--model=" + DEMO.resolve("model"), "--device=cpu"));
    arguments.addAll(List.of("--input=" + input, "--output=" + output));
    arguments.addAll(List.of("--temperature=0.7", "--ignoreEos", "--progress=none"));
    arguments.addAll(List.of("--maxTokens=" + maxTokens, "--maxNumSeqs=" + maxSequences));
    return arguments;
  }
}
