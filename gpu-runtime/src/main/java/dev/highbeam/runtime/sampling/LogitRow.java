// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

/**
 * A row of logits that a backend has scanned where it lies, so that the usual cases of sampling
 * need no copy of it. Weights are those of {@link PortableExp}; of several answers the bits are the
 * same as those of {@link Sampler} over a copy.
 */
public interface LogitRow {

  /** Whether no logit is NaN or plus infinity. */
  boolean isOrdered();

  /** Whether all logits are equal, zeros of either sign being so, and there are several. */
  boolean isUniform();

  /** The greatest logit. */
  float greatest();

  /** Its id, of equal ones the lowest; -1 if no logit is above minus infinity. */
  int greatestId();

  /** The sum of floor(2^40 e^(logit - greatest)). */
  long total();

  /** The logit of a token. */
  float logit(int id);

  /**
   * The token at a share of bits / 2^64 of all weights floor(2^40 e^((logit - greatest) /
   * temperature)), those below least being 0, in the order of ids.
   */
  int draw(float temperature, long least, long bits);

  /** Copies all logits. */
  void copyTo(float[] target);
}
