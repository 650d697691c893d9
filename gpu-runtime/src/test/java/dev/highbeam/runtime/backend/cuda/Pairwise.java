// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Few cases in which any two values of any two factors occur together: most faults need one or two
 * particular values (Kuhn, Wallace and Gallo, 2004), and a full product takes hours.
 */
final class Pairwise {

  private static final int TRIES = 40;

  private final int[] levels;
  private final Random random = new Random(2611);

  /** Pairs that no case has yet: [factor][its value][another factor][its value]. */
  private final boolean[][][][] missing;

  private Pairwise(int[] levels) {
    this.levels = levels;
    missing = new boolean[levels.length][][][];
    for (int f = 0; f < levels.length; f++) {
      missing[f] = new boolean[levels[f]][levels.length][];
      for (int value = 0; value < levels[f]; value++) {
        for (int other = f + 1; other < levels.length; other++) {
          missing[f][value][other] = new boolean[levels[other]];
          Arrays.fill(missing[f][value][other], true);
        }
      }
    }
  }

  /** Cases of one value for each factor, from 0 to below the factor's number of levels. */
  static List<int[]> cases(int... levels) {
    Pairwise pairwise = new Pairwise(levels);
    List<int[]> cases = new ArrayList<>();
    int[] next = pairwise.next();
    while (next.length > 0) {
      cases.add(next);
      next = pairwise.next();
    }
    return cases;
  }

  /** The best of some random cases that have a missing pair; empty if none is missing. */
  private int[] next() {
    int[] pair = firstMissing();
    if (pair.length == 0) {
      return pair;
    }
    int[] best = pair;
    int bestCount = 0;
    for (int t = 0; t < TRIES; t++) {
      int[] candidate = random.ints(levels.length, 0, Integer.MAX_VALUE).toArray();
      for (int f = 0; f < levels.length; f++) {
        candidate[f] %= levels[f];
      }
      candidate[pair[0]] = pair[1];
      candidate[pair[2]] = pair[3];
      int count = count(candidate, false);
      if (count > bestCount) {
        best = candidate;
        bestCount = count;
      }
    }
    count(best, true);
    return best;
  }

  private int[] firstMissing() {
    for (int f = 0; f < levels.length; f++) {
      for (int value = 0; value < levels[f]; value++) {
        for (int other = f + 1; other < levels.length; other++) {
          for (int otherValue = 0; otherValue < levels[other]; otherValue++) {
            if (missing[f][value][other][otherValue]) {
              return new int[] {f, value, other, otherValue};
            }
          }
        }
      }
    }
    return new int[0];
  }

  /** How many missing pairs a case has; they are no longer missing if it is taken. */
  private int count(int[] row, boolean isTaken) {
    int count = 0;
    for (int f = 0; f < levels.length; f++) {
      for (int other = f + 1; other < levels.length; other++) {
        boolean[] pairs = missing[f][row[f]][other];
        if (pairs[row[other]]) {
          count++;
          pairs[row[other]] = !isTaken;
        }
      }
    }
    return count;
  }
}
