// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether too many rows failed. A few bad rows at the start of a long job say little, so
 * the share is looked at after 1,000 rows and at the end; a number is looked at all the time.
 *
 * @param maxErrorRatio largest share of rows that may fail, 0 to 1
 * @param maxErrors most rows that may fail, or null for any number
 */
record ErrorBudget(double maxErrorRatio, @Nullable Integer maxErrors) {

  static final int ROWS_BEFORE_FIRST_LOOK = 1000;

  /** Whether a running job has to stop. */
  boolean isExceededWhileRunning(JobCounts counts) {
    return isNumberExceeded(counts)
        || (counts.rowsDone() >= ROWS_BEFORE_FIRST_LOOK && isRatioExceeded(counts));
  }

  /** Whether a job that ran to its end counts as failed. */
  boolean isExceededAtEnd(JobCounts counts) {
    return isNumberExceeded(counts) || isRatioExceeded(counts);
  }

  private boolean isNumberExceeded(JobCounts counts) {
    return maxErrors != null && counts.errors() >= maxErrors;
  }

  private boolean isRatioExceeded(JobCounts counts) {
    return counts.errors() > maxErrorRatio * counts.rowsDone();
  }

  /** One sentence for the user. */
  String sentence(JobCounts counts) {
    return String.format(
        Locale.ROOT,
        "%,d of %,d rows failed (%s), more than --%s allows",
        counts.errors(),
        counts.rowsDone(),
        byCode(counts),
        isNumberExceeded(counts) ? "maxErrors=" + maxErrors : "maxErrorRatio=" + maxErrorRatio);
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
