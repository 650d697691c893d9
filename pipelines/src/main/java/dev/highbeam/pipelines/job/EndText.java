// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import java.util.Locale;

/** The last words of a job that went well. */
final class EndText {

  private EndText() {}

  static String of(JobRecord record, OutputFolder folder) {
    JobCounts counts = record.counts();
    double seconds = record.duration().toNanos() / 1e9;
    return String.format(
        Locale.ROOT,
        "done: %,d results and %,d errors from %,d rows in %.1f s, %,d tokens in, %,d out (%,.0f"
            + " tok/s); see %s",
        counts.results(),
        counts.errors(),
        counts.rowsDone(),
        seconds,
        counts.inputTokens(),
        counts.outputTokens(),
        seconds == 0 ? 0 : counts.outputTokens() / seconds,
        folder.path().resolve(OutputFolder.RESULTS));
  }
}
