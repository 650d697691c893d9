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
  private boolean uniform;
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

  /** Whether the raw logits were all equal, of a vocabulary of more than one token. */
  public boolean isUniform() {
    return uniform;
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

  void setToken(int id, float logProbability, boolean isUniform) {
    tokenId = id;
    logprob = logProbability;
    nonFinite = false;
    uniform = isUniform;
  }

  void setNonFinite(int id) {
    tokenId = id;
    logprob = Float.NaN;
    nonFinite = true;
    uniform = false;
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
