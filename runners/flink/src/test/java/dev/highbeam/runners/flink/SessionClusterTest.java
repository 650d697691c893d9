// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;

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
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class SessionClusterTest {

  private static final String[] SHORT = {"--device=cpu", "--maxTokens=16"};

  @TempDir static Path folder;
  private static LocalCluster cluster;
  private static Path input;
  private static List<String> expected;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = LocalCluster.start(folder, Map.of(), "--taskManagers=2", "--slots=2");
    input = DemoJob.input(folder.resolve("input"), 12);
    expected = DemoJob.expected(input, folder.resolve("direct"), SHORT);
    assertThat(expected).hasSize(60).doesNotHaveDuplicates();
  }

  @AfterAll
  static void stopCluster() {
    cluster.close();
  }

  @Test
  void givenTwoTaskManagers_rowsEqualThoseOfTheDirectRunner() throws Exception {
    Path output = folder.resolve("two");
    LocalCluster.End end = cluster.run(DemoJob.arguments(input, output, SHORT));
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(DemoJob.rows(output)).isEqualTo(expected);
    assertThat(output.resolve("_SUCCESS")).exists();
    assertThat(output.resolve("job.json"))
        .content()
        .contains("\"input\" : 60", "\"results\" : 60", "\"errors\" : 0");
    for (int number = 1; number <= 2; number++) {
      assertThat(cluster.taskManagerLog(number)).contains("Engine ready in");
    }
  }

  @Test
  void givenFlinkRun_rowsAreTheSame() throws Exception {
    Path output = folder.resolve("flink-run");
    LocalCluster.End end = cluster.flinkRun(List.of(), DemoJob.arguments(input, output, SHORT));
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(DemoJob.rows(output)).isEqualTo(expected);
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
