// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.JobCounts;
import dev.highbeam.transforms.shards.RowCounts;

/** Counts of shards as counts of a job. */
final class Counts {

  private Counts() {}

  /**
   * The job's counts.
   *
   * @param total rows of the input
   * @param ended how those ended that did
   * @param recovered rows among them that an earlier run had done
   * @param computedTokens output tokens that this run computed
   */
  static JobCounts of(long total, RowCounts ended, long recovered, long computedTokens) {
    return new JobCounts(
        total,
        ended.served(),
        ended.results(),
        ended.inputTokens(),
        ended.outputTokens(),
        ended.errorsByCode(),
        recovered,
        computedTokens,
        ended.spared());
  }
}
