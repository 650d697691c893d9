// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.engine.EngineInfo;

/**
 * How much one DoFn instance may have with the engine: twice what the engine can run at a time,
 * once running and once waiting, so that neither a slow runner's thread nor the end of a file
 * leaves it idle. More would only be held in memory. What runs is bounded by sequences or, with
 * long prompts or a small KV cache, by pages; so is this.
 *
 * @param sequences most of them, over all requests
 * @param pages most KV pages that requests hold as soon as they run
 * @param pageSize tokens per page
 */
record InflightBudget(int sequences, long pages, int pageSize) {

  InflightBudget {
    Checks.checkArgument(sequences > 0, "sequences must be positive, was %s", sequences);
    Checks.checkArgument(pages > 0, "pages must be positive, was %s", pages);
    Checks.checkArgument(pageSize > 0, "page size must be positive, was %s", pageSize);
  }

  /**
   * The budget for an engine.
   *
   * @param asked sequences if somebody chose them, or 0
   */
  static InflightBudget of(EngineInfo engine, int asked) {
    return new InflightBudget(
        asked > 0 ? asked : 2 * engine.maxSequences(), 2L * engine.pageCount(), engine.pageSize());
  }

  /** Sequences that a request becomes. */
  static int sequencesOf(Request request) {
    return request.sampling().n();
  }

  /**
   * Pages that a request needs to begin with: its prompt's, which its samples share, and one for
   * each sample's output. How long outputs become nobody knows; by then the engine has made its own
   * order.
   */
  long pagesOf(Request request) {
    return (request.promptTokenCount() - 1) / pageSize + 1L + sequencesOf(request);
  }
}
