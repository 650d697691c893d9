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

  private static final String[] SHORT = {"--device=cpu", "--maxTokens=16"};
  private static final String[] LONG = {
    "--device=cpu", "--maxTokens=160", "--ignoreEos", "--shardRows=6", "--journalRows=2"
  };
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
  void givenTwoTaskManagers_rowsEqualThoseOfTheDirectRunner() throws Exception {
    List<String> expected = DemoJob.expected(input, folder.resolve("direct"), SHORT);
    assertThat(expected).hasSize(60).doesNotHaveDuplicates();

    Path own = folder.resolve("own-client");
    LocalCluster.End end = cluster.run(DemoJob.arguments(input, own, SHORT));
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(DemoJob.rows(own)).isEqualTo(expected);
    assertThat(own.resolve("_SUCCESS")).exists();
    assertThat(own.resolve("job.json"))
        .content()
        .contains("\"input\" : 60", "\"results\" : 60", "\"errors\" : 0");
    assertThat(cluster.taskManagerLog(1)).contains(READY);
    assertThat(cluster.taskManagerLog(2)).contains(READY);

    Path flinkRun = folder.resolve("flink-run");
    end = cluster.flinkRun(List.of(), DemoJob.arguments(input, flinkRun, SHORT));
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(DemoJob.rows(flinkRun)).isEqualTo(expected);
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

  @Test
  void givenKilledTaskManager_jobEndsWithTheSameRowsAndTheClusterIsWholeAgain() throws Exception {
    List<String> expected = DemoJob.expected(input, folder.resolve("direct-long"), LONG);
    assertThat(expected).hasSize(60);
    Path output = folder.resolve("killed");
    String before = cluster.taskManagerLog(2);
    Process job = cluster.start(DemoJob.arguments(input, output, LONG));
    ProcessHandle victim = cluster.taskManager(2);

    // Rows are saved while others come: some are there, and the job is far from its end.
    while (job.isAlive() && !hasRows(output)) {
      job.waitFor(20, TimeUnit.MILLISECONDS);
    }
    assertThat(job.isAlive()).as("the job was still running when its worker died").isTrue();
    victim.destroyForcibly();

    assertThat(job.waitFor()).as(cluster.lastLog()).isZero();
    assertThat(DemoJob.rows(output)).isEqualTo(expected);
    assertThat(output.resolve("job.json")).content().contains("\"results\" : 60");
    assertThat(OutputRows.strayFiles(output)).isEmpty();
    assertThat(cluster.jobManagerLog()).contains("from state RUNNING to RESTARTING");
    assertThat(victim.isAlive()).isFalse();
    ProcessHandle next = cluster.taskManager(2);
    assertThat(next.pid()).isNotEqualTo(victim.pid());
    assertThat(next.isAlive()).isTrue();
    assertThat(cluster.supervisorLog()).contains("(process " + victim.pid() + ") ended with code");
    assertThat(cluster.taskManagerLog(2)).startsWith(before);
  }

  private static boolean hasRows(Path output) throws Exception {
    Path journal = output.resolve("journal");
    if (!Files.isDirectory(journal)) {
      return false;
    }
    try (var files = Files.list(journal)) {
      return files.findAny().isPresent();
    }
  }
}
