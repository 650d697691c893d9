// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * The words of cl100k and its descendants (Llama 3, Qwen 2 to 3.5), where a word takes any one
 * character in front that is no letter, number or line break: {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)|
 * [^\r\n\p{L}\p{N}]?[letters]+|\p{N}{1,maxDigits}| ?[^\s\p{N}letters]+[\r\n]*|\s*[\r\n]+|
 * \s+(?!\S)|\s+}.
 */
final class LetterWordPattern implements SplitPattern {
  static final String LLAMA3 = regex("\\p{L}", "\\p{L}", "\\p{N}{1,3}");
  static final String QWEN2 = regex("\\p{L}", "\\p{L}", "\\p{N}");
  static final String QWEN35 = regex("[\\p{L}\\p{M}]", "\\p{L}\\p{M}", "\\p{N}");

  private final int letters;
  private final int maxDigits;

  /**
   * @param letters the classes that a word is made of
   * @param maxDigits how many digits may stay together
   */
  LetterWordPattern(int letters, int maxDigits) {
    this.letters = letters;
    this.maxDigits = maxDigits;
  }

  private static String regex(String letter, String letterClasses, String digits) {
    return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?"
        + letter
        + "+|"
        + digits
        + "| ?[^\\s"
        + letterClasses
        + "\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  }

  @Override
  public int matchEnd(String text, int at, int end) {
    int contractionEnd = Runs.anyCaseContractionEnd(text, at, end);
    if (contractionEnd > at) {
      return contractionEnd;
    }
    int first = text.codePointAt(at);
    if (CharClass.is(first, letters)) {
      return Runs.end(text, at, end, letters);
    }
    if (CharClass.is(first, CharClass.NUMBER)) {
      return Runs.endOfAtMost(text, at, end, CharClass.NUMBER, maxDigits);
    }
    int second = at + Character.charCount(first);
    if (!Runs.isLineBreak(first) && Runs.startsWith(text, second, end, letters)) {
      return Runs.end(text, second, end, letters);
    }
    int other = CharClass.SPACE | CharClass.NUMBER | letters;
    int bodyStart = first == ' ' ? second : at;
    if (Runs.startsOutside(text, bodyStart, end, other)) {
      return Runs.lineBreaksEnd(text, Runs.endOutside(text, bodyStart, end, other), end);
    }
    return Runs.linesOrBlanksEnd(text, at, end);
  }
}
