// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/** The pieces that the patterns share: runs of a class of characters, blanks, contractions. */
final class Runs {
  private Runs() {}

  /** {@code [classes]*}: the end of the run that begins at {@code at}. */
  static int end(String text, int at, int end, int classes) {
    int i = at;
    while (i < end) {
      int codePoint = text.codePointAt(i);
      if (!CharClass.is(codePoint, classes)) {
        break;
      }
      i += Character.charCount(codePoint);
    }
    return i;
  }

  /** {@code [^classes]*}. */
  static int endOutside(String text, int at, int end, int classes) {
    int i = at;
    while (i < end) {
      int codePoint = text.codePointAt(i);
      if (CharClass.is(codePoint, classes)) {
        break;
      }
      i += Character.charCount(codePoint);
    }
    return i;
  }

  /** {@code [classes]{0,max}}. */
  static int endOfAtMost(String text, int at, int end, int classes, int max) {
    int i = at;
    for (int count = 0; count < max && i < end; count++) {
      int codePoint = text.codePointAt(i);
      if (!CharClass.is(codePoint, classes)) {
        break;
      }
      i += Character.charCount(codePoint);
    }
    return i;
  }

  /** Whether a character of the classes stands at {@code at}; false at the end. */
  static boolean startsWith(String text, int at, int end, int classes) {
    return at < end && CharClass.is(text.codePointAt(at), classes);
  }

  /** Whether a character outside of the classes stands at {@code at}; false at the end. */
  static boolean startsOutside(String text, int at, int end, int classes) {
    return at < end && !CharClass.is(text.codePointAt(at), classes);
  }

  /**
   * {@code \s+(?!\S)|\s+}: blanks, the last one left to the word behind them unless it is alone.
   * All blanks are single chars.
   */
  static int blanksEnd(String text, int at, int end) {
    int runEnd = end(text, at, end, CharClass.SPACE);
    return runEnd < end && runEnd - at > 1 ? runEnd - 1 : runEnd;
  }

  /** {@code \s*[\r\n]+|\s+(?!\S)|\s+}: as above, but up to the last line break where one is. */
  static int linesOrBlanksEnd(String text, int at, int end) {
    int runEnd = end(text, at, end, CharClass.SPACE);
    for (int i = runEnd; i > at; i--) {
      if (isLineBreak(text.charAt(i - 1))) {
        return i;
      }
    }
    return runEnd < end && runEnd - at > 1 ? runEnd - 1 : runEnd;
  }

  /** {@code [\r\n]*}. */
  static int lineBreaksEnd(String text, int at, int end) {
    int i = at;
    while (i < end && isLineBreak(text.charAt(i))) {
      i++;
    }
    return i;
  }

  static boolean isLineBreak(int c) {
    return c == '\r' || c == '\n';
  }

  /** {@code 's|'t|'re|'ve|'m|'ll|'d}. */
  static int contractionEnd(String text, int at, int end) {
    if (at + 1 >= end || text.charAt(at) != '\'') {
      return at;
    }
    return contractionEnd(text.charAt(at + 1), at + 2 < end ? text.charAt(at + 2) : 0, at);
  }

  /** {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)}; without case, the long s is an s too. */
  static int anyCaseContractionEnd(String text, int at, int end) {
    if (at + 1 >= end || text.charAt(at) != '\'') {
      return at;
    }
    char first = lower(text.charAt(at + 1));
    return contractionEnd(first, at + 2 < end ? lower(text.charAt(at + 2)) : 0, at);
  }

  private static int contractionEnd(char first, char second, int at) {
    return switch (first) {
      case 's', 't', 'm', 'd' -> at + 2;
      case 'r', 'v' -> second == 'e' ? at + 3 : at;
      case 'l' -> second == 'l' ? at + 3 : at;
      default -> at;
    };
  }

  private static char lower(char c) {
    if (c == '\u017F') {
      return 's';
    }
    return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
  }
}
