// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a process to its end, or ends it: when it takes too long, or when this one is ended. */
final class ChildRun {

  private ChildRun() {}

  /**
   * Runs a command and gives the lines that it printed.
   *
   * @param log gets what the command prints, on both streams
   * @throws FailedRunException if it did not end by itself with 0
   */
  static List<String> run(List<String> command, Path log, Duration limit)
      throws IOException, InterruptedException {
    Files.createDirectories(log.toAbsolutePath().getParent());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    Thread killer = new Thread(process::destroyForcibly, "benchmark-child-killer");
    Runtime.getRuntime().addShutdownHook(killer);
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new FailedRunException("took longer than " + limit.toMinutes() + " minutes");
      }
    } finally {
      process.destroyForcibly().waitFor();
      forget(killer);
    }
    // A library may print what is no UTF-8.
    List<String> lines = Files.readString(log, StandardCharsets.ISO_8859_1).lines().toList();
    if (process.exitValue() != 0) {
      throw new FailedRunException(
          "ended with " + process.exitValue() + ": " + reason(lines) + " (" + log + ")");
    }
    return lines;
  }

  private static void forget(Thread killer) {
    try {
      Runtime.getRuntime().removeShutdownHook(killer);
    } catch (IllegalStateException e) {
      // This process is ending, and the hook has done its work.
    }
  }

  /** The line that most likely says why: an exception's, else the last one. */
  private static String reason(List<String> lines) {
    return lines.stream()
        .filter(line -> line.matches("(\\w+\\.)+\\w*(Exception|Error)\\b.*"))
        .findFirst()
        .orElse(lines.isEmpty() ? "no output" : lines.get(lines.size() - 1));
  }
}
