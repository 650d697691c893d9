// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.transforms.shards.Spared;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How far a job is, as one snapshot.
 *
 * @param totalRows rows of the input, or -1 while they are not counted
 * @param servedRows input rows whose results are complete
 * @param results result rows, which n above 1 makes more than served rows
 * @param inputTokens prompt tokens of the served rows
 * @param outputTokens generated tokens of the served rows
 * @param errorsByCode rows that ended in errors, by code
 * @param recoveredRows rows among them that an earlier run had done
 * @param computedTokens output tokens that this run has computed
 * @param spared rows and tokens among them that no run of this job has computed
 */
public record JobCounts(
    long totalRows,
    long servedRows,
    long results,
    long inputTokens,
    long outputTokens,
    Map<String, Long> errorsByCode,
    long recoveredRows,
    long computedTokens,
    Spared spared) {

  /** Nothing known, nothing done. */
  public static final JobCounts NONE = new JobCounts(-1, 0, 0, 0, 0, Map.of());

  /** Counts of a run that goes on with nothing. */
  public JobCounts(
      long totalRows,
      long servedRows,
      long results,
      long inputTokens,
      long outputTokens,
      Map<String, Long> errorsByCode) {
    this(
        totalRows,
        servedRows,
        results,
        inputTokens,
        outputTokens,
        errorsByCode,
        0,
        outputTokens,
        Spared.NONE);
  }

  public JobCounts {
    errorsByCode = Collections.unmodifiableMap(new TreeMap<>(errorsByCode));
  }

  public boolean isTotalKnown() {
    return totalRows >= 0;
  }

  public long errors() {
    return errorsByCode.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Rows that ended, either way. */
  public long rowsDone() {
    return servedRows + errors();
  }
}
