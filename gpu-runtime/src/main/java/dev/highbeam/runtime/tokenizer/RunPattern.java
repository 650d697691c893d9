// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.function.IntPredicate;

/**
 * A run of characters of one kind, from {@code min} to {@code max} of them: {@code [kind]{1,3}}.
 */
final class RunPattern implements SplitPattern {
  private final IntPredicate kind;
  private final int min;
  private final int max;

  RunPattern(IntPredicate kind, int min, int max) {
    this.kind = kind;
    this.min = min;
    this.max = max;
  }

  /** {@code [kind]+}. */
  static RunPattern oneOrMore(IntPredicate kind) {
    return new RunPattern(kind, 1, Integer.MAX_VALUE);
  }

  /** {@code [kind]}. */
  static RunPattern one(IntPredicate kind) {
    return new RunPattern(kind, 1, 1);
  }

  @Override
  public int matchEnd(String text, int at, int end) {
    int i = at;
    int count = 0;
    while (i < end && count < max) {
      int codePoint = text.codePointAt(i);
      if (!kind.test(codePoint)) {
        break;
      }
      i += Character.charCount(codePoint);
      count++;
    }
    return count >= min ? i : at;
  }
}
