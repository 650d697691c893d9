// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.RepetitionDetection;
import org.jspecify.annotations.Nullable;

/**
 * Finds loops at the end of one sample's tokens: for each period p it knows how many of the last
 * tokens equal the one p before them. What it finds depends on the tokens alone.
 *
 * <p>Two questions are kept apart. Whether a sample ends is the user's to say ({@link
 * RepetitionDetection}), because a table of zeros or a line of dashes is a legitimate answer.
 * Whether it looks degenerate is only counted, by a rule of our own.
 */
final class RepetitionTracker {

  /** Most tokens of a pattern that looks degenerate. */
  private static final int PATTERN_TOKENS = 16;

  /** Tokens that repeat: one token more than 32 times in a row, or longer patterns. */
  private static final int REPEATING_TOKENS = 32;

  /** Times that a long pattern comes again after the first. */
  private static final int COMEBACKS = 3;

  private final @Nullable RepetitionDetection detection;

  /** By period: how many of the last tokens equal the one so many before them. */
  private final int[] runs;

  private boolean isDegenerate;
  private boolean isCaught;

  RepetitionTracker(@Nullable RepetitionDetection detection) {
    this.detection = detection;
    int longest = detection == null ? 0 : detection.maxPatternSize();
    runs = new int[Math.max(PATTERN_TOKENS, longest) + 1];
  }

  /** Takes the last of the tokens [begin, end) over. */
  void accept(int[] tokenIds, int begin, int end) {
    int last = end - 1;
    int longest = Math.min(runs.length - 1, last - begin);
    boolean caught = false;
    for (int period = 1; period <= longest; period++) {
      int run = tokenIds[last] == tokenIds[last - period] ? runs[period] + 1 : 0;
      runs[period] = run;
      if (run > 0) {
        isDegenerate |= looksDegenerate(period, run);
        caught |= isCaught(period, run);
      }
    }
    isCaught = caught;
  }

  private static boolean looksDegenerate(int period, int run) {
    return period <= PATTERN_TOKENS && run >= Math.max(REPEATING_TOKENS, COMEBACKS * period);
  }

  private boolean isCaught(int period, int run) {
    return detection != null
        && period >= detection.minPatternSize()
        && period <= detection.maxPatternSize()
        && run >= (long) (detection.minCount() - 1) * period;
  }

  /** Whether the tokens so far end in a loop as the user defines it. */
  boolean isCaught() {
    return isCaught;
  }

  /** Whether there ever was a loop as a broken device makes them. */
  boolean isDegenerate() {
    return isDegenerate;
  }
}
