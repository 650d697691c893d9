// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import java.util.Random;

/**
 * When which of two TaskManagers dies; the same for the same seed.
 *
 * @param random where the plan comes from
 * @param fromMillis the shortest time from one kill to the next
 * @param toMillis the longest
 * @param most kills in all
 */
record KillPlan(Random random, int fromMillis, int toMillis, int most) {

  private static final int LONG = 1_000_000_000;

  /** Nobody dies. */
  static KillPlan none() {
    return new KillPlan(new Random(0), LONG, LONG, 0);
  }

  /** Kills from the beginning to the end of the job. */
  static KillPlan every(long seed, int fromMillis, int toMillis) {
    return new KillPlan(new Random(seed), fromMillis, toMillis, Integer.MAX_VALUE);
  }

  /** One kill at some moment between two. */
  static KillPlan once(long seed, int fromMillis, int toMillis) {
    return new KillPlan(new Random(seed), fromMillis, toMillis, 1);
  }

  long nextDelayMillis() {
    return (long) fromMillis + random.nextInt(toMillis - fromMillis + 1);
  }

  int nextVictim() {
    return 1 + random.nextInt(2);
  }

  boolean isOver(int kills) {
    return kills >= most;
  }
}
