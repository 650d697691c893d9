// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import dev.highbeam.runtime.engine.EngineStats;
import java.util.function.Supplier;

/**
 * Finds in an engine's counters the time in which all sequences were decoding: from the step that
 * computed the last token of the last prompt to the last step before one sequence ended.
 */
final class DecodeWatch {

  private final Supplier<EngineStats> stats;
  private final long promptTokens;
  private final EngineStats before;
  private boolean hasBegun;
  private long beginNanos;
  private long beginTokens;
  private long endNanos;
  private long endTokens;

  /**
   * @param promptTokens tokens of all prompts that are about to be submitted
   */
  DecodeWatch(Supplier<EngineStats> stats, long promptTokens) {
    this.stats = stats;
    this.promptTokens = promptTokens;
    this.before = stats.get();
  }

  /** Takes a look at the counters; to be called many times in a step. */
  void look() {
    look(stats.get(), System.nanoTime());
  }

  void look(EngineStats now, long nanos) {
    long prompts =
        now.promptTokens() + now.cachedTokens() - before.promptTokens() - before.cachedTokens();
    if (prompts < promptTokens || now.finishedRequests() > before.finishedRequests()) {
      return;
    }
    if (!hasBegun) {
      hasBegun = true;
      beginNanos = nanos;
      beginTokens = now.outputTokens();
      endTokens = beginTokens;
    } else if (now.outputTokens() > endTokens) {
      endNanos = nanos;
      endTokens = now.outputTokens();
    }
  }

  /** What was seen; a single step is no time. */
  DecodeSpan span() {
    return new DecodeSpan(endTokens - beginTokens, endNanos - beginNanos);
  }
}
