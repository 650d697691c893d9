// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * One job on a cluster of its own, whose TaskManagers are killed by a plan.
 *
 * @param code the client's exit code
 * @param seconds from submission to end
 * @param killedAt seconds after submission at which a TaskManager was killed
 * @param lost ids of the input that came out nowhere
 * @param doubled rows beyond the first of their id
 * @param stray files in the output folder that a finished job does not leave there
 * @param hash of the rows, as {@link OutputRows#hash}
 * @param tokens of the rows that came out
 * @param decoded tokens that all engines generated, those of killed processes included
 * @param engines that ran
 */
record ChaosRun(
    int code,
    long seconds,
    List<Long> killedAt,
    int lost,
    int doubled,
    List<String> stray,
    String hash,
    long tokens,
    long decoded,
    int engines) {

  /** The cluster as it is, but for a job that fails more often than any cluster should. */
  private static final String[] CLUSTER = {
    "--taskManagers=2",
    "--slots=2",
    "-Drestart-strategy.exponential-delay.attempts-before-reset-backoff=1000",
    "-Drestart-strategy.exponential-delay.max-backoff=2 s"
  };

  /** Runs a job in a new folder, on ports of its own. */
  static ChaosRun of(ChaosJob job, Path input, Set<String> ids, Path folder, KillPlan plan)
      throws IOException, InterruptedException {
    Path output = folder.resolve("out");
    Files.createDirectories(folder);
    try (LocalCluster cluster = LocalCluster.start(folder, Map.of(), CLUSTER)) {
      List<String> arguments = new ArrayList<>(job.arguments(input, output));
      arguments.add("--parallelism=4");
      long start = System.nanoTime();
      Process client = cluster.start(arguments);
      List<Long> kills = new ArrayList<>();
      while (!client.waitFor(plan.nextDelayMillis(), TimeUnit.MILLISECONDS)) {
        if (plan.isOver(kills.size())) {
          client.waitFor();
        } else if (kill(cluster, plan.nextVictim())) {
          kills.add(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
        }
      }
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
      return result(client.exitValue(), seconds, kills, ids, folder);
    }
  }

  private static ChaosRun result(
      int code, long seconds, List<Long> kills, Set<String> ids, Path folder) throws IOException {
    Path output = folder.resolve("out");
    EngineFiles engines = EngineFiles.of(folder.resolve("run"));
    if (code != 0) {
      return new ChaosRun(
          code,
          seconds,
          kills,
          ids.size(),
          0,
          List.of(),
          "none",
          0,
          engines.outputTokens(),
          engines.files().size());
    }
    OutputRows rows = OutputRows.of(output);
    JsonNode record = new ObjectMapper().readTree(output.resolve("job.json").toFile());
    return new ChaosRun(
        code,
        seconds,
        kills,
        rows.lost(ids).size(),
        rows.doubled(),
        OutputRows.strayFiles(output),
        rows.hash(),
        record.at("/tokens/output").asLong(),
        engines.outputTokens(),
        engines.files().size());
  }

  /** Kills a TaskManager as {@code kill -9} does; the other one, if this one is dead just now. */
  private static boolean kill(LocalCluster cluster, int first) throws IOException {
    for (int number : List.of(first, 3 - first)) {
      ProcessHandle victim = cluster.taskManagerOrNull(number);
      if (victim != null && victim.isAlive()) {
        return victim.destroyForcibly();
      }
    }
    return false;
  }

  /** Whether all is as in an undisturbed run. */
  boolean isAs(ChaosRun calm) {
    return code == 0
        && lost == 0
        && doubled == 0
        && stray.isEmpty()
        && hash.equals(calm.hash)
        && tokens == calm.tokens;
  }
}
