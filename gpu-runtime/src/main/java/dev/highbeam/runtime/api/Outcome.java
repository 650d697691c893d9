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

  /** All n samples of the request, by sample index. */
  record Completion(long ticket, List<Sample> samples, @Nullable TokenLogprobs promptLogprobs)
      implements Outcome {}

  /** The engine refuses or gives up the request; other requests are untouched. */
  record Rejection(long ticket, RejectionCode code, String message) implements Outcome {}
}
