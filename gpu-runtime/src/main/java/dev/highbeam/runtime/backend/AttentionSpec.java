// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import org.jspecify.annotations.Nullable;

/**
 * The shape and variant of one layer's attention. Query head h reads kv head h / (queryHeads /
 * kvHeads).
 *
 * @param queryHeads heads of queries; a multiple of kvHeads
 * @param kvHeads heads of keys and values
 * @param headDim elements per head
 * @param scale factor on the dot products, usually 1 / sqrt(headDim)
 * @param window keys a token sees, itself included; 0 for all before it
 * @param softCap cap * tanh(score / cap) on the scaled scores; 0 for none
 * @param sinks [queryHeads] a score without a value for each query head, which only takes weight
 *     from the others (GPT-OSS model card, 2025); null for none
 */
@SuppressWarnings("ArrayRecordComponent") // Made once per layer and never compared.
public record AttentionSpec(
    int queryHeads,
    int kvHeads,
    int headDim,
    float scale,
    int window,
    float softCap,
    float @Nullable [] sinks) {

  /** Attention without sinks. */
  public AttentionSpec(
      int queryHeads, int kvHeads, int headDim, float scale, int window, float softCap) {
    this(queryHeads, kvHeads, headDim, scale, window, softCap, null);
  }

  /** First position that a query at this position sees. */
  public int firstVisible(int position) {
    return window == 0 ? 0 : Math.max(0, position - window + 1);
  }

  /** The sink of a query head; minus infinity, which takes no weight, if there is none. */
  public float sink(int queryHead) {
    float[] all = sinks;
    return all == null ? Float.NEGATIVE_INFINITY : all[queryHead];
  }
}
