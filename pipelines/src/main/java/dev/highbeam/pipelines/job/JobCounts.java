// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

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
 */
public record JobCounts(
    long totalRows,
    long servedRows,
    long results,
    long inputTokens,
    long outputTokens,
    Map<String, Long> errorsByCode) {

  /** Nothing known, nothing done. */
  public static final JobCounts NONE = new JobCounts(-1, 0, 0, 0, 0, Map.of());

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
