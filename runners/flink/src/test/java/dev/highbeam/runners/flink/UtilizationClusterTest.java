// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bundles are no barrier: an engine stays full from the first shard to the last. */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
final class UtilizationClusterTest {

  private static final int SEQUENCES = 16;

  @TempDir Path folder;

  @Test
  void S3_14_givenFourSlotsInOneTaskManager_theirOneEngineIsFullWhileInputLasts() throws Exception {
    // Shards of 40 rows, hundreds of which end early: many open and close while the engine runs.
    ChaosJob job = new ChaosJob(1200, 24, SEQUENCES);
    Path input = folder.resolve("input");
    job.writeInput(input);
    List<String> arguments = new ArrayList<>(job.arguments(input, folder.resolve("out")));
    arguments.remove("--ignoreEos");
    arguments.addAll(List.of("--parallelism=4", "--shardRows=40"));
    try (LocalCluster cluster =
        LocalCluster.start(folder, Map.of(), "--taskManagers=1", "--slots=4")) {
      LocalCluster.End end = cluster.run(arguments);
      assertThat(end.code()).as(end.text()).isZero();
      EngineFiles engines = cluster.engines();
      assertThat(engines.files()).as("engines of the process").hasSize(1);
      double running = (double) engines.sum("input_sequence_steps") / engines.sum("input_steps");
      assertThat(running).as("mean sequences per step").isBetween(0.8 * SEQUENCES, 1.0 * SEQUENCES);
    }
  }
}
