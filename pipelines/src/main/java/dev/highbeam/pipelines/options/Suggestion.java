// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import java.util.Collection;
import java.util.Locale;

/**
 * Finds the known name that a mistyped one was probably meant to be: by the number of letters
 * inserted, left out, changed or swapped, with case, dashes and underscores not counting, since
 * {@code --max-tokens} for {@code --maxTokens} is the likeliest slip of all.
 */
public final class Suggestion {

  private Suggestion() {}

  /** {@code ", did you mean 'x'?"}, or an empty text if nothing known is near. */
  public static String after(String wrong, Collection<String> known) {
    String best = "";
    String folded = fold(wrong);
    int allowed = Math.max(1, folded.length() / 4);
    int bestDistance = allowed + 1;
    for (String name : known) {
      int distance = distance(folded, fold(name));
      if (distance < bestDistance) {
        bestDistance = distance;
        best = name;
      }
    }
    return best.isEmpty() ? "" : ", did you mean '" + best + "'?";
  }

  private static String fold(String name) {
    return name.replace("-", "").replace("_", "").toLowerCase(Locale.ROOT);
  }

  /** Optimal string alignment: edits, and swaps of neighbours, each counting one. */
  static int distance(String left, String right) {
    int[][] cost = new int[left.length() + 1][right.length() + 1];
    for (int i = 0; i <= left.length(); i++) {
      for (int j = 0; j <= right.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        boolean same = left.charAt(i - 1) == right.charAt(j - 1);
        int best = Math.min(cost[i - 1][j], cost[i][j - 1]) + 1;
        best = Math.min(best, cost[i - 1][j - 1] + (same ? 0 : 1));
        boolean swapped =
            i > 1
                && j > 1
                && left.charAt(i - 1) == right.charAt(j - 2)
                && left.charAt(i - 2) == right.charAt(j - 1);
        cost[i][j] = swapped ? Math.min(best, cost[i - 2][j - 2] + 1) : best;
      }
    }
    return cost[left.length()][right.length()];
  }
}
