// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * What one step produced, by logit row r in the batch's order (R rows, K alternatives at most per
 * row). Owned by the executable and valid until the next await.
 */
public final class StepOutput {

  private final int maxAlternatives;
  private final int[] tokenIds;
  private final float[] logprobs;
  private final boolean[] nonFinite;
  private final boolean[] uniform;
  private final int[] topTokenIds;
  private final float[] topLogprobs;

  /** Room for so many rows and alternatives per row. */
  public StepOutput(int maxRows, int maxAlternatives) {
    this.maxAlternatives = maxAlternatives;
    this.tokenIds = new int[maxRows];
    this.logprobs = new float[maxRows];
    this.nonFinite = new boolean[maxRows];
    this.uniform = new boolean[maxRows];
    this.topTokenIds = new int[maxRows * maxAlternatives];
    this.topLogprobs = new float[maxRows * maxAlternatives];
  }

  /** The sampled token, or the row's target token. */
  public int tokenId(int row) {
    return tokenIds[row];
  }

  /** ln p of that token under the raw logits. */
  public float logprob(int row) {
    return logprobs[row];
  }

  /** Whether the row's logits held NaN or no finite value. */
  public boolean isNonFinite(int row) {
    return nonFinite[row];
  }

  /** Whether the row's logits were all equal, of a vocabulary of more than one token. */
  public boolean isUniform(int row) {
    return uniform[row];
  }

  /** The j-th most likely token of a row. */
  public int topTokenId(int row, int j) {
    return topTokenIds[row * maxAlternatives + j];
  }

  /** ln p of the j-th most likely token of a row. */
  public float topLogprob(int row, int j) {
    return topLogprobs[row * maxAlternatives + j];
  }

  /** Written by the executable. */
  public void setToken(int row, int tokenId, float logprob, boolean isNonFinite) {
    tokenIds[row] = tokenId;
    logprobs[row] = logprob;
    nonFinite[row] = isNonFinite;
    uniform[row] = false;
  }

  /** Written by the executable after the row's token: its logits were all equal. */
  public void setUniform(int row) {
    uniform[row] = true;
  }

  /** Written by the executable. */
  public void setAlternative(int row, int j, int tokenId, float logprob) {
    topTokenIds[row * maxAlternatives + j] = tokenId;
    topLogprobs[row * maxAlternatives + j] = logprob;
  }
}
