// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.util.Arrays;

/**
 * The self-test's sequences and what its decoder makes of them, computed once by the reference
 * backend in f32; a test computes it again. One sequence for each place where an engine's first
 * whole page can end, chosen so that no sampled token is a close call and that faults show clearly:
 * log-probabilities move by 0.7 or more, against 0.04 that bfloat16 and 0.25 that fp8 does to them.
 */
final class SelfTestValues {

  /** Positions before the edge whose next token has a known log-probability. */
  private static final int KNOWN_BEFORE_EDGE = SelfTest.BEFORE_EDGE + 1;

  /** Each line: the edge, the seed, the sampled tokens, and the log-probabilities. */
  private static final String TABLE =
      """
      8 391 32 72 96 -4.532183 -9.214659 -7.229183 -9.249077 -5.451886 -0.769059 -0.360911 -0.686456
      16 297 22 22 22 -8.267351 -7.215302 -7.639159 -10.724396 -2.644184 -0.665898 -0.479027 -0.815788
      32 87 96 96 96 -8.864543 -7.294951 -7.361665 -6.321783 -9.398576 -0.405140 -0.106854 -0.058041
      64 193 26 26 26 -4.162005 -8.187350 -8.505989 -6.116594 -8.966524 -1.005622 -0.661278 -0.271227
      128 338 32 94 39 -4.978233 -1.423398 -3.643653 -8.752473 -9.252681 -1.153665 -0.441274 -0.809884
      256 344 70 70 70 -10.086240 -10.409241 -8.669196 -10.075636 -5.143030 -0.474338 -0.441378 -0.705782
      """;

  private static final int SAMPLED_TOKENS = SelfTest.DECODES + 1;

  private final int edge;
  private final long seed;
  private final int[] sampledTokens;
  private final float[] logprobs;

  private SelfTestValues(String[] words) {
    edge = Integer.parseInt(words[0]);
    seed = Long.parseLong(words[1]);
    sampledTokens = new int[SAMPLED_TOKENS];
    Arrays.setAll(sampledTokens, i -> Integer.parseInt(words[2 + i]));
    logprobs = new float[words.length - 2 - SAMPLED_TOKENS];
    for (int i = 0; i < logprobs.length; i++) {
      logprobs[i] = Float.parseFloat(words[2 + SAMPLED_TOKENS + i]);
    }
  }

  /** The sequence for pages that begin at the position. */
  static SelfTestValues of(int edge) {
    return TABLE
        .lines()
        .map(line -> new SelfTestValues(line.split(" ", -1)))
        .filter(values -> values.edge == edge)
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no sequence is known for an edge at " + edge));
  }

  /** The prompt's token at a position. */
  int token(int position) {
    long hash = SelfTestWeights.mix(seed * 1_000_003 + position);
    return (int) Long.remainderUnsigned(hash, SelfTestProgram.VOCABULARY);
  }

  /** The first position whose next token has a known log-probability. */
  int firstKnownPosition() {
    return edge - KNOWN_BEFORE_EDGE;
  }

  /** ln p of {@link #tokenAfter}. */
  float logprobAfter(int position) {
    return logprobs[position - firstKnownPosition()];
  }

  /** The prompt's next token, or after its last one the token that is sampled. */
  int tokenAfter(int position) {
    int sampled = position + 1 - edge - SelfTest.AFTER_EDGE;
    return sampled < 0 ? token(position + 1) : sampledTokens[sampled];
  }
}
