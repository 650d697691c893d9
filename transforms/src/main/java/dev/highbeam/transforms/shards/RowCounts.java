// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;

/**
 * How many rows ended, and how.
 *
 * @param served input rows with results
 * @param results result rows, n per served row
 * @param inputTokens prompt tokens of the served rows
 * @param outputTokens generated tokens
 * @param errorsByCode input rows that ended in errors
 * @param spared what of all this was not computed
 */
public record RowCounts(
    long served,
    long results,
    long inputTokens,
    long outputTokens,
    TreeMap<String, Long> errorsByCode,
    Spared spared)
    implements Serializable {

  /** Counts of rows that were all computed. */
  public RowCounts(
      long served,
      long results,
      long inputTokens,
      long outputTokens,
      TreeMap<String, Long> errorsByCode) {
    this(served, results, inputTokens, outputTokens, errorsByCode, Spared.NONE);
  }

  public static final RowCounts NONE = ofErrors(Map.of());

  public static RowCounts ofErrors(Map<String, Long> byCode) {
    return new RowCounts(0, 0, 0, 0, new TreeMap<>(byCode));
  }

  public RowCounts plus(RowCounts other) {
    TreeMap<String, Long> errors = new TreeMap<>(errorsByCode);
    other.errorsByCode.forEach((code, count) -> errors.merge(code, count, Long::sum));
    return new RowCounts(
        served + other.served,
        results + other.results,
        inputTokens + other.inputTokens,
        outputTokens + other.outputTokens,
        errors,
        spared.plus(other.spared));
  }

  /** Takes away what was added before. */
  public RowCounts minus(RowCounts other) {
    TreeMap<String, Long> errors = new TreeMap<>(errorsByCode);
    other.errorsByCode.forEach((code, count) -> errors.merge(code, -count, Long::sum));
    errors.values().removeIf(count -> count == 0);
    return new RowCounts(
        served - other.served,
        results - other.results,
        inputTokens - other.inputTokens,
        outputTokens - other.outputTokens,
        errors,
        spared.minus(other.spared));
  }

  /** The counts of so many duplicates of these rows. */
  public RowCounts duplicated(long times) {
    TreeMap<String, Long> errors = new TreeMap<>();
    errorsByCode.forEach((code, count) -> errors.put(code, times * count));
    Spared saved = new Spared(times * ended(), 0, times * inputTokens, times * outputTokens);
    return new RowCounts(
        times * served, times * results, times * inputTokens, times * outputTokens, errors, saved);
  }

  /** These counts, of rows that an earlier job had computed. */
  public RowCounts reused() {
    return new RowCounts(
        served,
        results,
        inputTokens,
        outputTokens,
        errorsByCode,
        new Spared(0, ended(), inputTokens, outputTokens));
  }

  /** Generated tokens that were computed. */
  public long computedOutputTokens() {
    return outputTokens - spared.outputTokens();
  }

  public long errors() {
    return errorsByCode.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Input rows that ended, either way. */
  public long ended() {
    return served + errors();
  }
}
