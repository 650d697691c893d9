// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the engines of a cluster have counted, those of killed TaskManagers included: the files that
 * local-cluster.sh asks for.
 *
 * @param files the counters of each engine
 */
record EngineFiles(List<JsonNode> files) {

  static EngineFiles of(Path runFolder) throws IOException {
    List<JsonNode> files = new ArrayList<>();
    Path folder = runFolder.resolve("engines");
    if (Files.isDirectory(folder)) {
      try (Stream<Path> found = Files.list(folder)) {
        for (Path file : found.sorted().toList()) {
          if (Files.size(file) > 0) {
            files.add(new ObjectMapper().readTree(file.toFile()));
          }
        }
      }
    }
    return new EngineFiles(files);
  }

  /** A counter's sum over all engines. */
  long sum(String name) {
    return files.stream().mapToLong(file -> file.get(name).asLong()).sum();
  }

  /** Tokens generated, also those that nobody has any more. */
  long outputTokens() {
    return sum("output_tokens");
  }
}
