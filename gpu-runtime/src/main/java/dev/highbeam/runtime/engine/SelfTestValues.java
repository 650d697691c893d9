// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.util.List;

/**
 * The self-test's sequences and what its decoder makes of them, computed once by the reference
 * backend in f32; a test computes it again. One sequence for each place where an engine's first
 * whole page can end, chosen so that no sampled token is a close call and that faults show clearly:
 * log-probabilities move by 0.7 or more, against 0.04 that bfloat16 and 0.25 that fp8 does to them.
 */
final class SelfTestValues {

  /** Positions before the edge whose next token has a known log-probability. */
  private static final int KNOWN_BEFORE_EDGE = SelfTest.BEFORE_EDGE + 1;

  private static final List<SelfTestValues> ALL =
      List.of(
          new SelfTestValues(8, 391, new int[] {32, 72, 96}, -4.532183f, -9.214659f, -7.229183f, -9.249077f, -5.451886f, -0.769059f, -0.360911f, -0.686456f),
          new SelfTestValues(16, 297, new int[] {22, 22, 22}, -8.267351f, -7.215302f, -7.639159f, -10.724396f, -2.644184f, -0.665898f, -0.479027f, -0.815788f),
          new SelfTestValues(32, 87, new int[] {96, 96, 96}, -8.864543f, -7.294951f, -7.361665f, -6.321783f, -9.398576f, -0.405140f, -0.106854f, -0.058041f),
          new SelfTestValues(64, 193, new int[] {26, 26, 26}, -4.162005f, -8.187350f, -8.505989f, -6.116594f, -8.966524f, -1.005622f, -0.661278f, -0.271227f),
          new SelfTestValues(128, 338, new int[] {32, 94, 39}, -4.978233f, -1.423398f, -3.643653f, -8.752473f, -9.252681f, -1.153665f, -0.441274f, -0.809884f),
          new SelfTestValues(256, 344, new int[] {70, 70, 70}, -10.086240f, -10.409241f, -8.669196f, -10.075636f, -5.143030f, -0.474338f, -0.441378f, -0.705782f));

  private final int edge;
  private final long seed;
  private final int[] sampledTokens;
  private final float[] logprobs;

  private SelfTestValues(int edge, long seed, int[] sampledTokens, float... logprobs) {
    this.edge = edge;
    this.seed = seed;
    this.sampledTokens = sampledTokens;
    this.logprobs = logprobs;
  }

  /** The sequence for pages that begin at the position. */
  static SelfTestValues of(int edge) {
    for (SelfTestValues values : ALL) {
      if (values.edge == edge) {
        return values;
      }
    }
    throw new IllegalArgumentException("no sequence is known for an edge at " + edge);
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
