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

/** A cluster of somebody who has not put the engine's jar into its lib folder. */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
final class JobJarAloneClusterTest {

  private static final String STARTED = "Engine ready in";
  private static final String KERNELS = "The cpu backend computes ";

  @TempDir Path folder;

  @Test
  void S3_6_givenJobJarAlone_jobsWorkInARowAndTogetherAndAGpuIsRefusedWithTheCure()
      throws Exception {
    Path input = DemoJob.input(folder.resolve("input"), 4);
    try (LocalCluster cluster =
        LocalCluster.start(
            folder, Map.of(), "--taskManagers=1", "--slots=2", "--withoutEngineJar")) {
      Path first = folder.resolve("job-0");
      for (int i = 0; i < 2; i++) {
        Path output = folder.resolve("job-" + i);
        LocalCluster.End end =
            cluster.run(DemoJob.arguments(input, output, "--device=cpu", "--maxTokens=6"));
        assertThat(end.code()).as(end.text()).isZero();
        assertThat(DemoJob.rows(output)).hasSize(20).isEqualTo(DemoJob.rows(first));
      }
      List<Process> together = new ArrayList<>();
      for (int i = 2; i < 4; i++) {
        List<String> arguments =
            DemoJob.arguments(input, folder.resolve("job-" + i), "--device=cpu", "--maxTokens=6");
        arguments.add("--parallelism=1");
        together.add(cluster.start(arguments));
      }
      for (int i = 2; i < 4; i++) {
        assertThat(together.get(i - 2).waitFor()).as(cluster.lastLog()).isZero();
        assertThat(DemoJob.rows(folder.resolve("job-" + i))).isEqualTo(DemoJob.rows(first));
      }
      String log = cluster.taskManagerLog(1);
      assertThat(log.split(STARTED, -1).length - 1).as("engines, one per job").isEqualTo(4);
      assertThat(log.split(KERNELS, -1).length - 1).as("kernels, one set per job").isEqualTo(4);
      assertThat(log)
          .doesNotContain("NoClassDefFoundError", "closed classloader", "UnsatisfiedLinkError");

      // The default, auto, might find a GPU; so it is refused wherever it runs, not just sometimes.
      LocalCluster.End end =
          cluster.run(DemoJob.arguments(input, folder.resolve("refused"), "--maxTokens=6"));
      assertThat(end.code()).as(end.text()).isEqualTo(2);
      assertThat(end.text()).contains("device=auto", "highbeam-engine.jar", "--device=cpu");
      assertThat(cluster.jobManagerLog()).doesNotContain("to RESTARTING");
    }
    assertThat(folder.resolve("refused/_SUCCESS")).doesNotExist();
  }
}
