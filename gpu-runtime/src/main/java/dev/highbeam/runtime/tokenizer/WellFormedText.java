// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * Makes a Java string a text: every lone surrogate becomes one U+FFFD. Everything behind this door
 * may walk over code points without looking for halves of them.
 */
final class WellFormedText {
  static final char REPLACEMENT = '\uFFFD';

  private WellFormedText() {}

  static String of(String text) {
    int firstBad = nextLoneSurrogate(text, 0);
    if (firstBad == text.length()) {
      return text;
    }
    StringBuilder repaired = new StringBuilder(text);
    for (int i = firstBad; i < text.length(); i = nextLoneSurrogate(text, i + 1)) {
      repaired.setCharAt(i, REPLACEMENT);
    }
    return repaired.toString();
  }

  /** The index of the first lone surrogate at or after an index, or the length. */
  private static int nextLoneSurrogate(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      boolean paired =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (!paired) {
        return i;
      }
      i++;
    }
    return text.length();
  }
}
