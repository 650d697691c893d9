// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/**
 * What a linear does with its f32 sums (bias already added) before they reach memory. Named when
 * the weights are packed, because a fused gate wants its two halves interleaved.
 */
public enum Epilogue {
  /** out = x. */
  STORE,
  /** out += x; the destination is the residual stream. */
  ADD,
  /** out = silu(gate) * up, the first half of the rows being gate, the second up. */
  GATED_SILU,
  /** out = gelu_tanh(gate) * up, the first half of the rows being gate, the second up. */
  GATED_GELU_TANH;

  /** Whether the destination has half as many columns as the weight has rows. */
  public boolean isGated() {
    return this == GATED_SILU || this == GATED_GELU_TANH;
  }
}
