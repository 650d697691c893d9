// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The end of one request: every submitted request has exactly one (invariant I8). The ticket is the
 * number that {@code EngineClient.submit} gave.
 */
public sealed interface Outcome {

  long ticket();

  /**
   * A request that was served.
   *
   * @param samples all n samples, by sample index
   * @param promptLogprobs of the prompt's tokens, if asked for
   * @param numericsId of the engine that computed it; equal for engines that give equal bits
   */
  record Completion(
      long ticket, List<Sample> samples, @Nullable TokenLogprobs promptLogprobs, String numericsId)
      implements Outcome {}

  /** The engine refuses or gives up the request; other requests are untouched. */
  record Rejection(long ticket, RejectionCode code, String message) implements Outcome {}
}
