// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What chaos.sh does in hours, in short: TaskManagers die under a job. */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
final class ChaosClusterTest {

  /** Long enough for three kills; sampled, so that another seed would show. */
  private static final ChaosJob JOB = new ChaosJob(600, 96, 8);

  private static final int KILLS = 3;

  @TempDir Path folder;

  @Test
  void S3_13_givenKilledTaskManagers_rowsAreThoseOfTheDirectRunnerEachOnce_noFileIsLeft()
      throws Exception {
    Path input = folder.resolve("input");
    Set<String> ids = JOB.writeInput(input);
    Path calm = folder.resolve("direct");
    DemoJob.runDirect(JOB.arguments(input, calm));
    List<String> expected = DemoJob.rows(calm);
    assertThat(expected).hasSize(ids.size()).doesNotHaveDuplicates();

    KillPlan plan = new KillPlan(new Random(2611), 5000, 9000, KILLS);
    ChaosRun run = ChaosRun.of(JOB, input, ids, folder.resolve("chaos"), plan);

    assertThat(run.code()).as(run.toString()).isZero();
    assertThat(run.killedAt()).as("kills").hasSizeGreaterThanOrEqualTo(2);
    String supervisor = Files.readString(folder.resolve("chaos/run/log/supervisor.log"));
    assertThat(supervisor.split("ended with code 137", -1)).hasSize(run.killedAt().size() + 1);
    // All columns that may not depend on how a row was computed, its seed among them.
    assertThat(DemoJob.rows(folder.resolve("chaos/out"))).isEqualTo(expected);
    assertThat(run.lost()).isZero();
    assertThat(run.doubled()).isZero();
    assertThat(run.stray()).isEmpty();
    assertThat(run.hash()).isEqualTo(OutputRows.of(calm).hash());
    assertThat(run.tokens()).isEqualTo(600L * 96);
    assertThat(run.decoded()).isGreaterThanOrEqualTo(run.tokens());
  }
}
