// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.TokenLogprobs;
import dev.highbeam.runtime.backend.StepOutput;
import java.util.Arrays;

/**
 * Collects the log-probabilities of consecutive tokens with a fixed number of alternatives, in flat
 * arrays that grow by doubling.
 */
final class LogprobRecorder {

  private final int alternatives;
  private float[] logprobs = new float[16];
  private int[] topTokenIds;
  private float[] topLogprobs;
  private int count;

  LogprobRecorder(int alternatives) {
    this.alternatives = alternatives;
    topTokenIds = new int[16 * alternatives];
    topLogprobs = new float[16 * alternatives];
  }

  int count() {
    return count;
  }

  int alternatives() {
    return alternatives;
  }

  /** Takes one logit row of a step over. */
  void add(StepOutput output, int row) {
    if (count == logprobs.length) {
      logprobs = Arrays.copyOf(logprobs, 2 * count);
      topTokenIds = Arrays.copyOf(topTokenIds, 2 * count * alternatives);
      topLogprobs = Arrays.copyOf(topLogprobs, 2 * count * alternatives);
    }
    logprobs[count] = output.logprob(row);
    for (int j = 0; j < alternatives; j++) {
      topTokenIds[count * alternatives + j] = output.topTokenId(row, j);
      topLogprobs[count * alternatives + j] = output.topLogprob(row, j);
    }
    count++;
  }

  TokenLogprobs toTokenLogprobs() {
    int[][] ids = new int[count][];
    float[][] tops = new float[count][];
    for (int i = 0; i < count; i++) {
      ids[i] = Arrays.copyOfRange(topTokenIds, i * alternatives, (i + 1) * alternatives);
      tops[i] = Arrays.copyOfRange(topLogprobs, i * alternatives, (i + 1) * alternatives);
    }
    return new TokenLogprobs(Arrays.copyOf(logprobs, count), ids, tops);
  }
}
