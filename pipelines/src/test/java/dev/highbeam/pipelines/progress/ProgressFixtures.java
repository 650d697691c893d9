// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.progress;

import dev.highbeam.pipelines.job.JobCounts;
import dev.highbeam.runtime.engine.DegenerateCounts;
import dev.highbeam.runtime.engine.EngineStats;
import java.util.Map;

/** Samples with the few numbers that matter to progress. */
final class ProgressFixtures {

  private ProgressFixtures() {}

  static EngineStats engine(long promptTokens, long outputTokens, int running, int pagesInUse) {
    return new EngineStats(
        1,
        promptTokens,
        0,
        outputTokens,
        0,
        0,
        0,
        0,
        0,
        0,
        running,
        0,
        pagesInUse,
        100,
        0,
        0,
        DegenerateCounts.NONE);
  }

  static JobCounts counts(long total, long served, long tokensPerRow, long errors) {
    return new JobCounts(
        total,
        served,
        served,
        0,
        served * tokensPerRow,
        errors == 0 ? Map.of() : Map.of("EMPTY", errors));
  }
}
