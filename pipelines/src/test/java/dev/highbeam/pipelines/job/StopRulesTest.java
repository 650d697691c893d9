// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.transforms.shards.Spared;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class StopRulesTest {

  private static final Instant START = Instant.parse("2026-11-21T20:00:00Z");

  private static StopRules rules(JobSetting setting, Object value) {
    return StopRules.of(JobSettings.none().with(setting, value), START);
  }

  private static JobCounts counts(long total, long served, long computedTokens) {
    return new JobCounts(total, served, served, 0, 9999, Map.of(), 0, computedTokens, Spared.NONE);
  }

  @Test
  void givenNothingAsked_neverStops() {
    StopRules rules = StopRules.of(JobSettings.none(), START);
    assertThat(rules.whileRunning(counts(10, 1, Long.MAX_VALUE), Instant.MAX)).isNull();
  }

  @Test
  void givenDuration_stopsThenAndNotASecondBefore() {
    StopRules rules = rules(JobSetting.DEADLINE, "1h30m");
    assertThat(rules.whileRunning(counts(10, 1, 0), START.plusSeconds(5399))).isNull();
    JobFailure stop = rules.whileRunning(counts(10, 1, 0), START.plusSeconds(5400));
    assertThat(stop.outcome()).isEqualTo(JobOutcome.DEADLINE);
    assertThat(stop.outcome().exitCode().number()).isEqualTo(3);
    assertThat(stop.sentence())
        .isEqualTo(
            "the deadline of 2026-11-21T21:30:00Z came when 1 of 10 rows were done; the same command"
                + " goes on");
  }

  @Test
  void givenTime_stopsThenWhateverTheStart() {
    StopRules rules = rules(JobSetting.DEADLINE, "2026-11-22T06:00:00+01:00");
    Instant five = Instant.parse("2026-11-22T05:00:00Z");
    assertThat(rules.whileRunning(counts(-1, 0, 0), five.minusNanos(1))).isNull();
    assertThat(rules.whileRunning(counts(-1, 0, 0), five)).isNotNull();
  }

  @Test
  void givenTokenBudget_countsWhatThisRunComputed() {
    StopRules rules = rules(JobSetting.TOKEN_BUDGET, 500);
    assertThat(rules.whileRunning(counts(10, 1, 499), START)).isNull();
    JobFailure stop = rules.whileRunning(counts(10, 1, 500), START);
    assertThat(stop.outcome()).isEqualTo(JobOutcome.TOKEN_BUDGET);
    assertThat(stop.sentence()).startsWith("500 tokens are generated, which is all of --tokenB");
  }

  @Test
  void givenAllRowsDone_isLetEnd() {
    StopRules rules = rules(JobSetting.TOKEN_BUDGET, 1);
    assertThat(rules.whileRunning(counts(10, 10, 500), START)).isNull();
    assertThat(rules(JobSetting.DEADLINE, "0s").whileRunning(counts(10, 10, 0), START)).isNull();
  }

  @Test
  void givenStops_openRowsHaveTheCodeOfTheReason() {
    assertThat(JobOutcome.DEADLINE.openRows()).hasToString("TIMEOUT");
    assertThat(JobOutcome.TOKEN_BUDGET.openRows()).hasToString("CANCELLED");
    assertThat(JobOutcome.CANCELLED.openRows()).hasToString("CANCELLED");
    assertThat(JobOutcome.FAILED.openRows()).isNull();
  }
}
