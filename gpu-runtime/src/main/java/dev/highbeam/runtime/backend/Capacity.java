// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import dev.highbeam.runtime.api.Checks;

/**
 * The limits for which a program is compiled; all memory is taken for them at once.
 *
 * @param maxStepTokens most tokens in one step
 * @param maxSequences most sequences in one step, and the number of state slots
 * @param maxModelLength most tokens of a sequence
 * @param pageSize tokens per page; a power of two
 * @param pageCount pages of the KV cache, per group
 */
public record Capacity(
    int maxStepTokens, int maxSequences, int maxModelLength, int pageSize, int pageCount) {

  /** Logit rows of one head block: bounds the memory of logits, whatever the vocabulary. */
  private static final int MAX_HEAD_ROWS = 1024;

  public Capacity {
    Checks.checkArgument(
        maxStepTokens > 0, "maxStepTokens must be positive, was %s", maxStepTokens);
    Checks.checkArgument(
        maxSequences > 0 && maxSequences <= maxStepTokens,
        "maxSequences must be from 1 to maxStepTokens (%s), was %s",
        maxStepTokens,
        maxSequences);
    Checks.checkArgument(
        maxModelLength > 0, "maxModelLength must be positive, was %s", maxModelLength);
    Checks.checkArgument(
        Integer.bitCount(pageSize) == 1, "pageSize must be a power of two, was %s", pageSize);
    Checks.checkArgument(pageCount > 0, "pageCount must be positive, was %s", pageCount);
  }

  /** Most rows of one head block. */
  public int headRows() {
    return Math.min(MAX_HEAD_ROWS, maxStepTokens);
  }

  /** Most pages of one sequence. */
  public int maxPagesPerSequence() {
    return (maxModelLength + pageSize - 1) / pageSize;
  }
}
