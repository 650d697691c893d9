// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs on a session cluster of real processes: a JobManager and two TaskManagers. */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
final class SessionClusterTest {

  private static final String[] SHORT = {"--device=cpu", "--maxTokens=16", "--shardRows=5"};
  private static final String READY = "Engine ready in";

  @TempDir static Path folder;
  private static LocalCluster cluster;
  private static Path input;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = LocalCluster.start(folder, Map.of(), "--taskManagers=2", "--slots=2");
    input = DemoJob.input(folder.resolve("input"), 12);
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @Test
  void givenOneTwoOrFourSlots_rowsEqualThoseOfTheDirectRunner() throws Exception {
    List<String> expected = DemoJob.expected(input, folder.resolve("direct"), SHORT);
    assertThat(expected).hasSize(60).doesNotHaveDuplicates();

    Path four = folder.resolve("four");
    LocalCluster.End end = cluster.run(DemoJob.arguments(input, four, SHORT));
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(DemoJob.rows(four)).isEqualTo(expected);
    assertThat(four.resolve("_SUCCESS")).exists();
    assertThat(OutputRows.strayFiles(four)).isEmpty();
    assertThat(four.resolve("job.json"))
        .content()
        .contains("\"input\" : 60", "\"results\" : 60", "\"errors\" : 0");
    assertThat(cluster.taskManagerLog(1)).contains(READY);
    assertThat(cluster.taskManagerLog(2)).contains(READY);

    Path two = folder.resolve("flink-run-two");
    List<String> arguments = DemoJob.arguments(input, two, SHORT);
    arguments.add("--parallelism=2");
    end = cluster.flinkRun(List.of(), arguments);
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(DemoJob.rows(two)).isEqualTo(expected);

    Path one = folder.resolve("one");
    arguments = DemoJob.arguments(input, one, SHORT);
    arguments.add("--parallelism=1");
    end = cluster.run(arguments);
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(DemoJob.rows(one)).isEqualTo(expected);
  }

  @Test
  void givenRowsThatCannotBeServed_areCountedAcrossProcesses() throws Exception {
    Path broken = DemoJob.input(folder.resolve("broken"), 2);
    Files.writeString(broken.resolve("part-2000.jsonl"), "no JSON\n{\"message\": 7}\n");
    Path output = folder.resolve("with-errors");
    LocalCluster.End end =
        cluster.run(DemoJob.arguments(broken, output, "--device=cpu", "--maxErrorRatio=0.05"));
    assertThat(end.code()).as(end.text()).isEqualTo(3);
    assertThat(output.resolve("job.json")).content().contains("\"input\" : 12", "\"results\" : 1");
    assertThat(output.resolve("_SUCCESS")).doesNotExist();
  }

  @Test
  void givenNoRestartStrategy_isRefusedBeforeAnythingRuns() throws Exception {
    Path output = folder.resolve("refused");
    LocalCluster.End end =
        cluster.flinkRun(
            List.of("-Drestart-strategy.type=none"), DemoJob.arguments(input, output, SHORT));
    assertThat(end.code()).as(end.text()).isEqualTo(2);
    assertThat(end.text()).contains("restart-strategy.type is none", "--allowNoRestart");
    assertThat(output.resolve("results")).doesNotExist();
  }
}
