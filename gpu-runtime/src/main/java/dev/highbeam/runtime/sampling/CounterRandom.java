// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

/**
 * Random bits as a pure function of (seed, sample index, position, draw number): Philox4x32-10
 * (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011). Without
 * state, so that a draw is the same in whatever batch, step or retry it happens (invariant I9).
 */
public final class CounterRandom {

  private static final int ROUNDS = 10;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int KEY_STEP_0 = 0x9E3779B9;
  private static final int KEY_STEP_1 = 0xBB67AE85;
  private static final long LOW = 0xFFFFFFFFL;

  private CounterRandom() {}

  /**
   * 64 uniform bits. The key is the seed (low word first), the counter (draw, position, sample
   * index, 0); the result is the block's first two words, low word first.
   */
  public static long bits(long seed, int sampleIndex, int position, int draw) {
    int[] block = {draw, position, sampleIndex, 0};
    philox(block, (int) seed, (int) (seed >>> 32));
    return (block[0] & LOW) | ((long) block[1] << 32);
  }

  /** Enciphers one counter of four words in place. */
  static void philox(int[] counter, int key0, int key1) {
    int k0 = key0;
    int k1 = key1;
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = MULTIPLIER_0 * (counter[0] & LOW);
      long product1 = MULTIPLIER_1 * (counter[2] & LOW);
      counter[0] = (int) (product1 >>> 32) ^ counter[1] ^ k0;
      counter[1] = (int) product1;
      counter[2] = (int) (product0 >>> 32) ^ counter[3] ^ k1;
      counter[3] = (int) product0;
      k0 += KEY_STEP_0;
      k1 += KEY_STEP_1;
    }
  }
}
