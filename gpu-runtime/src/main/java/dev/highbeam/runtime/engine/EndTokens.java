// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.SamplingParams;
import java.util.List;
import java.util.stream.IntStream;

/** Which token ids end a sequence: the model's, unless ignored, and the request's own. */
final class EndTokens {

  private final int[] modelEndTokenIds;

  EndTokens(int[] modelEndTokenIds) {
    this.modelEndTokenIds = modelEndTokenIds.clone();
  }

  /** Whether the model ends its sequences with this token. */
  boolean isModelEnd(int tokenId) {
    for (int end : modelEndTokenIds) {
      if (end == tokenId) {
        return true;
      }
    }
    return false;
  }

  /** All ids that may not be sampled before min_tokens. */
  int[] of(SamplingParams sampling) {
    List<Integer> stops = sampling.stopTokenIds();
    IntStream own = stops.stream().mapToInt(Integer::intValue);
    return sampling.ignoreEos()
        ? own.toArray()
        : IntStream.concat(IntStream.of(modelEndTokenIds), own).toArray();
  }
}
