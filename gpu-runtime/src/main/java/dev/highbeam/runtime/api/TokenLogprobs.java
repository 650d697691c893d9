// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

/**
 * Log-probabilities of consecutive tokens, from the model's raw logits (before penalties, bias and
 * temperature), each with its most likely alternatives in descending order (equal ones by token
 * id). Row i belongs to the i-th token.
 *
 * <p>The arrays are owned by this value and must not be changed.
 */
public final class TokenLogprobs {

  private final float[] logprobs;
  private final int[][] topTokenIds;
  private final float[][] topLogprobs;

  public TokenLogprobs(float[] logprobs, int[][] topTokenIds, float[][] topLogprobs) {
    Checks.checkArgument(
        logprobs.length == topTokenIds.length && logprobs.length == topLogprobs.length,
        "rows differ: %s log-probabilities, %s and %s alternatives",
        logprobs.length,
        topTokenIds.length,
        topLogprobs.length);
    this.logprobs = logprobs;
    this.topTokenIds = topTokenIds;
    this.topLogprobs = topLogprobs;
  }

  public int tokenCount() {
    return logprobs.length;
  }

  /** ln p of the i-th token. */
  public float logprob(int i) {
    return logprobs[i];
  }

  /** Alternatives of the i-th token, most likely first. */
  public int[] topTokenIds(int i) {
    return topTokenIds[i];
  }

  /** ln p of the alternatives of the i-th token. */
  public float[] topLogprobs(int i) {
    return topLogprobs[i];
  }
}
