// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.progress;

import dev.highbeam.pipelines.job.JobCounts;
import dev.highbeam.runtime.engine.EngineStats;
import org.jspecify.annotations.Nullable;

/**
 * A job at one moment.
 *
 * @param counts its rows
 * @param engine its engine's counters, or null while no engine runs
 */
public record ProgressSample(JobCounts counts, @Nullable EngineStats engine) {

  /** Before anything is known. */
  public static final ProgressSample NONE = new ProgressSample(JobCounts.NONE, null);

  /** Tokens that the engine has dealt with: prompts computed or found in the cache, and output. */
  long tokens() {
    return engine == null
        ? 0
        : engine.promptTokens() + engine.cachedTokens() + engine.outputTokens();
  }

  long outputTokens() {
    return engine == null ? 0 : engine.outputTokens();
  }
}
