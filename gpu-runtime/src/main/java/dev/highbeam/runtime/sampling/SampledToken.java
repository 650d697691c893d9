// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import dev.highbeam.runtime.api.SamplingParams;

/**
 * What {@link Sampler} found for one row: the token, its log-probability under the raw logits, and
 * the most likely tokens. A holder that its owner reuses for row after row.
 */
public final class SampledToken {

  private final int[] topTokenIds = new int[SamplingParams.MAX_LOGPROBS];
  private final float[] topLogprobs = new float[SamplingParams.MAX_LOGPROBS];
  private int tokenId;
  private float logprob;
  private boolean nonFinite;
  private int alternativeCount;

  public int tokenId() {
    return tokenId;
  }

  /** ln p of the token; NaN for a non-finite row. */
  public float logprob() {
    return logprob;
  }

  /** Whether the logits held NaN or plus infinity, or left no token to choose. */
  public boolean isNonFinite() {
    return nonFinite;
  }

  /** Alternatives found: as many as asked for, but never more than the vocabulary. */
  public int alternativeCount() {
    return alternativeCount;
  }

  /** The j-th most likely token. */
  public int topTokenId(int j) {
    return topTokenIds[j];
  }

  /** ln p of the j-th most likely token. */
  public float topLogprob(int j) {
    return topLogprobs[j];
  }

  void setToken(int id, float logProbability) {
    tokenId = id;
    logprob = logProbability;
    nonFinite = false;
  }

  void setNonFinite(int id) {
    tokenId = id;
    logprob = Float.NaN;
    nonFinite = true;
    alternativeCount = 0;
  }

  void setAlternativeCount(int count) {
    alternativeCount = count;
  }

  void setAlternative(int j, int id, float logProbability) {
    topTokenIds[j] = id;
    topLogprobs[j] = logProbability;
  }
}
