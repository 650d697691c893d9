// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import java.util.Arrays;

/**
 * Finds how far to go down the tokens, ordered by (logit descending, id ascending), until their
 * masses reach a target: the k-th token (mass 1 each) or the nucleus (mass = weight). A radix
 * select over the logits' bits: three passes and a few kilobytes, no sorting, sums in integers.
 */
final class DescendingCut {

  private static final int DIGIT_BITS = 11;

  private final long[] bins = new long[1 << DIGIT_BITS];
  private int cutKey;
  private long massBefore;

  /**
   * Zeroes the weights of all tokens after the one with which the masses reach the target; that one
   * stays.
   *
   * @param mass what a token counts for
   * @param target from 1 to the sum of all masses
   */
  void apply(float[] logits, long[] weights, int count, Mass mass, long target) {
    find(logits, weights, count, mass, target);
    long reached = massBefore;
    for (int i = 0; i < count; i++) {
      int key = key(logits[i]);
      int order = Integer.compareUnsigned(key, cutKey);
      if (order == 0 && reached < target) {
        reached += mass == Mass.WEIGHT ? weights[i] : 1;
      } else if (order <= 0) {
        weights[i] = 0;
      }
    }
  }

  /** What a token counts for. */
  enum Mass {
    ONE,
    WEIGHT
  }

  /** Finds the key at which the target is reached and the mass of all greater keys. */
  private void find(float[] logits, long[] weights, int count, Mass mass, long target) {
    cutKey = 0;
    massBefore = 0;
    int knownBits = 0;
    while (knownBits < Integer.SIZE) {
      int digitBits = Math.min(DIGIT_BITS, Integer.SIZE - knownBits);
      int shift = Integer.SIZE - knownBits - digitBits;
      int digitMask = (1 << digitBits) - 1;
      int knownMask = knownBits == 0 ? 0 : -1 << (Integer.SIZE - knownBits);
      Arrays.fill(bins, 0);
      for (int i = 0; i < count; i++) {
        int key = key(logits[i]);
        if ((key & knownMask) == cutKey) {
          bins[key >>> shift & digitMask] += mass == Mass.WEIGHT ? weights[i] : 1;
        }
      }
      int digit = digitMask;
      while (digit > 0 && massBefore + bins[digit] < target) {
        massBefore += bins[digit];
        digit--;
      }
      cutKey |= digit << shift;
      knownBits += digitBits;
    }
  }

  /** A key whose unsigned order is the order of floats; both zeros have one. */
  private static int key(float logit) {
    int bits = Float.floatToRawIntBits(logit + 0f);
    return bits ^ (bits >> 31 | Integer.MIN_VALUE);
  }
}
