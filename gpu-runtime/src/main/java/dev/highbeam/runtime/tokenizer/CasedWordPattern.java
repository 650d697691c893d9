// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * The words of o200k and Tekken, which also part where lower case turns to upper ("camelCase" is
 * two words). With U = {@code [\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]} and L = {@code
 * [\p{Ll}\p{Lm}\p{Lo}\p{M}]}: {@code [^\r\n\p{L}\p{N}]?U*L+suffix|[^\r\n\p{L}\p{N}]?U+L*suffix|
 * \p{N}{1,maxDigits}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+}, the suffix being an
 * optional contraction in o200k and nothing in Tekken.
 */
final class CasedWordPattern implements SplitPattern {
  static final String O200K = regex("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "\\p{N}{1,3}");
  static final String TEKKEN = regex("", "\\p{N}");

  private static final int UPPER = CharClass.UPPER | CharClass.CASELESS | CharClass.MARK;
  private static final int LOWER = CharClass.LOWER | CharClass.CASELESS | CharClass.MARK;
  private static final int OTHER = CharClass.LETTER | CharClass.NUMBER | CharClass.SPACE;

  private final Suffix suffix;
  private final int maxDigits;

  /** What a word may take behind it. */
  enum Suffix {
    NONE,
    CONTRACTION
  }

  CasedWordPattern(Suffix suffix, int maxDigits) {
    this.suffix = suffix;
    this.maxDigits = maxDigits;
  }

  private static String regex(String suffix, String digits) {
    return "[^\\r"
        + "\\n"
        + "\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
        + suffix
        + "|[^\\r"
        + "\\n"
        + "\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*"
        + suffix
        + "|"
        + digits
        + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  }

  @Override
  public int matchEnd(String text, int at, int end) {
    int wordEnd = wordEnd(text, at, end);
    if (wordEnd > at) {
      return suffix == Suffix.CONTRACTION
          ? Runs.anyCaseContractionEnd(text, wordEnd, end)
          : wordEnd;
    }
    int first = text.codePointAt(at);
    if (CharClass.is(first, CharClass.NUMBER)) {
      return Runs.endOfAtMost(text, at, end, CharClass.NUMBER, maxDigits);
    }
    int bodyStart = first == ' ' ? at + 1 : at;
    if (Runs.startsOutside(text, bodyStart, end, OTHER)) {
      int i = Runs.endOutside(text, bodyStart, end, OTHER);
      while (i < end && (Runs.isLineBreak(text.charAt(i)) || text.charAt(i) == '/')) {
        i++;
      }
      return i;
    }
    return Runs.linesOrBlanksEnd(text, at, end);
  }

  /** The first two alternatives, each tried with the character in front and then without it. */
  private static int wordEnd(String text, int at, int end) {
    int first = text.codePointAt(at);
    boolean mayLead =
        !Runs.isLineBreak(first) && !CharClass.is(first, CharClass.LETTER | CharClass.NUMBER);
    int afterLead = mayLead ? at + Character.charCount(first) : at;
    int wordEnd = lowerEnd(text, afterLead, end);
    if (wordEnd == afterLead && mayLead) {
      wordEnd = lowerEnd(text, at, end);
      return wordEnd > at ? wordEnd : upperEndOr(text, afterLead, end, at);
    }
    return wordEnd > afterLead ? wordEnd : upperEndOr(text, at, end, at);
  }

  /**
   * {@code U*L+}. The run of U may have to give characters back: up to its last one that is in L as
   * well, which is then all of L+.
   */
  private static int lowerEnd(String text, int at, int end) {
    int upperEnd = at;
    int lastShared = at;
    while (upperEnd < end) {
      int codePoint = text.codePointAt(upperEnd);
      if (!CharClass.is(codePoint, UPPER)) {
        break;
      }
      upperEnd += Character.charCount(codePoint);
      lastShared = CharClass.is(codePoint, LOWER) ? upperEnd : lastShared;
    }
    int lowerEnd = Runs.end(text, upperEnd, end, LOWER);
    return lowerEnd > upperEnd ? lowerEnd : lastShared;
  }

  /** {@code U+L*} where {@code U*L+} has failed, so that no L can follow. */
  private static int upperEndOr(String text, int at, int end, int none) {
    int upperEnd = Runs.end(text, at, end, UPPER);
    return upperEnd > at ? upperEnd : none;
  }
}
