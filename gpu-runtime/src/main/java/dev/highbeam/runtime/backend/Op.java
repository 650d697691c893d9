// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * The operations that a program is made of. Each computes all rows of the step; N is the number of
 * tokens, R the rows of the current head block. An output never overlaps an input unless the op
 * says that it works in place. Sums are in f32; a buffer of BF16 is rounded once, when written.
 *
 * <p>What every backend must keep: a row's result depends on that row's own inputs (and its
 * sequence's pages) alone, bit for bit, never on the other rows or on how many there are.
 */
public sealed interface Op {

  /** The name that plans, metrics and the watchdog show. */
  String label();

  /** out[N, width] = table[token] * scale. Token -s-1 stands for the last token of state slot s. */
  record Embed(String label, Buffer out, PackedTable table, float scale) implements Op {}

  /** out[N, w] = in / sqrt(mean(in^2) + epsilon) * weight (Zhang and Sennrich, RMSNorm, 2019). */
  record RmsNorm(String label, Buffer out, Buffer in, PackedVector weight, float epsilon)
      implements Op {}

  /** out = epilogue(in[., k] W^T + b); see {@link LinearSpec}. Rows are tokens or logit rows. */
  record Linear(String label, Buffer out, Buffer in, PackedLinear weight) implements Op {}

  /**
   * In place on qkv [N, (queryHeads + 2 * kvHeads) * headDim]: rotates queries and keys, then
   * writes keys and values, rounded to the cache's type, to each token's slot of the layer.
   */
  record RopeAppend(
      String label, Buffer qkv, AttentionSpec attention, RopeSpec rope, KvGroup group, int layer)
      implements Op {}

  /**
   * Causal attention over the pages of each token's sequence, the tokens of this step included:
   * out[N, queryHeads * headDim] from the query part of qkv. Keys and values are read from the
   * cache only.
   */
  record Attention(
      String label, Buffer out, Buffer qkv, AttentionSpec attention, KvGroup group, int layer)
      implements Op {}

  /** out[R, w] = in[logit row r's token]; the head's first op. */
  record Gather(String label, Buffer out, Buffer in) implements Op {}

  /**
   * For each logit row of logits [R, vocabulary] (f32): if the row has a target token, its
   * log-probability and the alternatives asked for; else samples a token from the row's state slot,
   * keeps it as the slot's last token, and gives its log-probability and alternatives. Rows with
   * NaN or no finite logit are flagged and sample token 0. Rows whose raw logits are all equal,
   * zeros of either sign being so, are flagged too (if there are two) and sample like any other.
   */
  record ScoreOrSample(String label, Buffer logits) implements Op {}
}
