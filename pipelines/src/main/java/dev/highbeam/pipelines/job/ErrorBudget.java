// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import java.util.Locale;

/**
 * Decides whether too many rows failed. A few bad rows at the start of a long job say little, so
 * the share is looked at after 1,000 rows and at the end.
 *
 * @param maxErrorRatio largest share of rows that may fail, 0 to 1
 */
public record ErrorBudget(double maxErrorRatio) {

  static final int ROWS_BEFORE_FIRST_LOOK = 1000;

  /** Whether a running job has to stop. */
  public boolean isExceededWhileRunning(JobCounts counts) {
    return counts.rowsDone() >= ROWS_BEFORE_FIRST_LOOK && isExceededAtEnd(counts);
  }

  /** Whether a job that ran to its end counts as failed. */
  public boolean isExceededAtEnd(JobCounts counts) {
    return counts.errors() > maxErrorRatio * counts.rowsDone();
  }

  /** One sentence for the user. */
  public String sentence(JobCounts counts) {
    return String.format(
        Locale.ROOT,
        "%,d of %,d rows failed (%s), more than --maxErrorRatio=%s allows",
        counts.errors(),
        counts.rowsDone(),
        byCode(counts),
        maxErrorRatio);
  }

  private static String byCode(JobCounts counts) {
    StringBuilder text = new StringBuilder();
    counts
        .errorsByCode()
        .forEach(
            (code, count) ->
                text.append(text.length() == 0 ? "" : ", ").append(code).append(' ').append(count));
    return text.toString();
  }
}
