// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.arrange;

/**
 * Hashes of a prompt's beginnings, each twice as long as the one before: two prompts with equal
 * hashes up to some level begin alike. Lengths are in characters, because a prompt gets its tokens
 * only where it is computed; the first is about one page of keys and values. Two beginnings that
 * share a hash by chance only come beside each other. Pure functions.
 */
public final class PrefixHashes {

  /** How many beginnings are looked at; the last has 8,192 characters. */
  public static final int LEVELS = 8;

  /** The hash of a beginning that the prompt is too short for. */
  public static final int NONE = 0;

  private static final int FIRST_CHARS = 64;
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  private PrefixHashes() {}

  /** The hash at each level. */
  public static int[] of(String prompt) {
    int[] hashes = new int[LEVELS];
    long state = MULTIPLIER;
    int at = 0;
    for (int level = 0; level < LEVELS; level++) {
      int length = FIRST_CHARS << level;
      if (prompt.length() < length) {
        break;
      }
      for (; at < length; at++) {
        state = (state ^ prompt.charAt(at)) * MULTIPLIER;
        state ^= state >>> 29;
      }
      int hash = (int) (state >>> 32);
      hashes[level] = hash == NONE ? 1 : hash;
    }
    return hashes;
  }

  /** No beginnings, for jobs that do not group by them. */
  public static int[] none() {
    return new int[LEVELS];
  }
}
