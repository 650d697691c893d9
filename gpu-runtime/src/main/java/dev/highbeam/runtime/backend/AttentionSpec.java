// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

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
 */
public record AttentionSpec(
    int queryHeads, int kvHeads, int headDim, float scale, int window, float softCap) {

  /** First position that a query at this position sees. */
  public int firstVisible(int position) {
    return window == 0 ? 0 : Math.max(0, position - window + 1);
  }
}
