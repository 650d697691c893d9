// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.pipelines.options.Deadline;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * When a job stops before all its rows are done, of its own accord: what it has is durable, and the
 * same command goes on.
 *
 * @param errors that it bears
 * @param deadline when it stops, or null for never
 * @param tokenBudget output tokens of ended rows that this run may compute, or null for any number
 */
record StopRules(ErrorBudget errors, @Nullable Instant deadline, @Nullable Long tokenBudget) {

  /** The rules of a job that begins now. */
  static StopRules of(JobSettings settings, Instant now) {
    Object deadline = settings.get(JobSetting.DEADLINE);
    return new StopRules(
        new ErrorBudget(
            (Double) settings.job().require(JobSetting.MAX_ERROR_RATIO),
            (Integer) settings.get(JobSetting.MAX_ERRORS)),
        deadline == null ? null : Deadline.parse((String) deadline).after(now),
        (Long) settings.get(JobSetting.TOKEN_BUDGET));
  }

  /** Why a running job has to stop, or null if it need not. One whose rows are done is let end. */
  @Nullable JobFailure whileRunning(JobCounts counts, Instant now) {
    if (errors.isExceededWhileRunning(counts)) {
      return tooManyErrors(counts);
    }
    if (counts.isTotalKnown() && counts.rowsDone() >= counts.totalRows()) {
      return null;
    }
    if (deadline != null && !now.isBefore(deadline)) {
      return new JobFailure(
          JobOutcome.DEADLINE, "the deadline of " + deadline + " came" + goesOn(counts));
    }
    if (tokenBudget != null && counts.outputTokens() >= tokenBudget) {
      return new JobFailure(
          JobOutcome.TOKEN_BUDGET,
          String.format(
              Locale.ROOT,
              "%,d tokens are generated, which is all of --tokenBudget=%d%s",
              counts.computedTokens(),
              tokenBudget,
              goesOn(counts)));
    }
    return null;
  }

  /** Why a job that ran to its end counts as stopped, or null if it does not. */
  @Nullable JobFailure atEnd(JobCounts counts) {
    return errors.isExceededAtEnd(counts) ? tooManyErrors(counts) : null;
  }

  private JobFailure tooManyErrors(JobCounts counts) {
    return new JobFailure(JobOutcome.TOO_MANY_ERRORS, errors.sentence(counts));
  }

  private static String goesOn(JobCounts counts) {
    return counts.isTotalKnown()
        ? String.format(
            Locale.ROOT,
            " when %,d of %,d rows were done; the same command goes on",
            counts.rowsDone(),
            counts.totalRows())
        : "; the same command goes on";
  }
}
