// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.transforms.shards.Spared;
import java.util.Locale;

/** The last words of a job that went well. */
final class EndText {

  /** A few loops are no news; one row in so many is. */
  private static final int ONE_IN = 20;

  private EndText() {}

  static String of(JobRecord record, OutputFolder folder) {
    return summary(record, folder) + loops(record);
  }

  private static String loops(JobRecord record) {
    EngineSnapshot engine = record.engine();
    long repeating = engine == null ? 0 : engine.stats().degenerate().repeating();
    return repeating * ONE_IN <= record.counts().rowsDone()
        ? ""
        : String.format(
            Locale.ROOT,
            "%nnote: %,d outputs repeat themselves; --repetitionPenalty lowers their number,"
                + " --repetitionDetection cuts them short",
            repeating);
  }

  /** What the rows had in common with others, so that they cost nothing. */
  private static String spared(JobCounts counts) {
    Spared spared = counts.spared();
    StringBuilder text = new StringBuilder();
    if (counts.recoveredRows() > 0) {
      text.append(
          String.format(
              Locale.ROOT, ", %,d rows were done by an earlier run", counts.recoveredRows()));
    }
    if (spared.duplicates() > 0) {
      text.append(String.format(Locale.ROOT, ", %,d rows equal others", spared.duplicates()));
    }
    if (spared.reused() > 0) {
      text.append(String.format(Locale.ROOT, ", %,d rows are another job's", spared.reused()));
    }
    if (spared.outputTokens() > 0) {
      text.append(
          String.format(Locale.ROOT, " (%,d tokens not computed again)", spared.outputTokens()));
    }
    return text.toString();
  }

  private static String summary(JobRecord record, OutputFolder folder) {
    JobCounts counts = record.counts();
    double seconds = record.duration().toNanos() / 1e9;
    return String.format(
        Locale.ROOT,
        "done: %,d results and %,d errors from %,d rows in %.1f s, %,d tokens in, %,d out (%,.0f"
            + " tok/s)%s; see %s",
        counts.results(),
        counts.errors(),
        counts.rowsDone(),
        seconds,
        counts.inputTokens(),
        counts.outputTokens(),
        seconds == 0 ? 0 : counts.computedTokens() / seconds,
        spared(counts),
        folder.path().resolve(OutputFolder.RESULTS));
  }
}
