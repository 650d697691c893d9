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
    int i = from;
    while (i < text.length()) {
      int codePoint = text.codePointAt(i);
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        return i;
      }
      i += Character.charCount(codePoint);
    }
    return i;
  }
}
