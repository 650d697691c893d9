// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class ErrorBudgetTest {

  private static JobCounts counts(long served, long errors) {
    return new JobCounts(-1, served, served, 0, 0, Map.of("TOO_LONG", errors));
  }

  @Test
  void givenExactlyTheRatio_isNotExceeded_oneMoreIs() {
    ErrorBudget budget = new ErrorBudget(0.1, null);
    assertThat(budget.isExceededAtEnd(counts(90, 10))).isFalse();
    assertThat(budget.isExceededAtEnd(counts(89, 11))).isTrue();
  }

  @Test
  void givenFewerThanThousandRows_isLookedAtAtTheEndOnly() {
    ErrorBudget budget = new ErrorBudget(0.1, null);
    assertThat(budget.isExceededWhileRunning(counts(0, 999))).isFalse();
    assertThat(budget.isExceededWhileRunning(counts(0, 1000))).isTrue();
    assertThat(budget.isExceededAtEnd(counts(0, 1))).isTrue();
  }

  @Test
  void givenRatioOne_everythingMayFail_andZero_nothing() {
    assertThat(new ErrorBudget(1, null).isExceededAtEnd(counts(0, 5))).isFalse();
    assertThat(new ErrorBudget(0, null).isExceededAtEnd(counts(5, 0))).isFalse();
    assertThat(new ErrorBudget(0, null).isExceededAtEnd(counts(9999, 1))).isTrue();
  }

  @Test
  void givenNumber_isLookedAtAllTheTime_andOneMoreIsTooMany() {
    ErrorBudget budget = new ErrorBudget(1, 3);
    assertThat(budget.isExceededWhileRunning(counts(0, 3))).isFalse();
    assertThat(budget.isExceededAtEnd(counts(0, 3))).isFalse();
    assertThat(budget.isExceededWhileRunning(counts(0, 4))).isTrue();
    assertThat(budget.isExceededAtEnd(counts(9999, 4))).isTrue();
    assertThat(budget.sentence(counts(0, 4))).endsWith("more than --maxErrors=3 allows");
    assertThat(new ErrorBudget(0.1, 3).sentence(counts(0, 3))).contains("--maxErrorRatio=0.1");
  }

  @Test
  void givenExceeded_saysHowManyOfWhichCode() {
    JobCounts counts =
        new JobCounts(2000, 1000, 1000, 0, 0, Map.of("TOO_LONG", 900L, "EMPTY", 100L));
    assertThat(new ErrorBudget(0.25, null).sentence(counts))
        .isEqualTo(
            "1,000 of 2,000 rows failed (EMPTY 100, TOO_LONG 900), more than --maxErrorRatio=0.25"
                + " allows");
  }
}
