// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * The words of DeepSeek-V3 behind its steps for numbers and for Chinese and Japanese: {@code [ASCII
 * punctuation][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+|
 * ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}. A lone number matches nothing.
 */
final class SymbolWordPattern implements SplitPattern {
  static final String DEEPSEEK3 =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+"
          + "|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
          + "| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final int WORD = CharClass.LETTER | CharClass.MARK;
  private static final int SYMBOL = CharClass.PUNCTUATION | CharClass.SYMBOL;

  @Override
  public int matchEnd(String text, int at, int end) {
    int first = text.codePointAt(at);
    int second = at + Character.charCount(first);
    boolean isSymbol = CharClass.is(first, SYMBOL);
    if (isSymbol && first < 0x80 && second < end && isAsciiLetter(text.charAt(second))) {
      int i = second;
      while (i < end && isAsciiLetter(text.charAt(i))) {
        i++;
      }
      return i;
    }
    if (CharClass.is(first, WORD)) {
      return Runs.end(text, at, end, WORD);
    }
    if (!isSymbol && !Runs.isLineBreak(first) && Runs.startsWith(text, second, end, WORD)) {
      return Runs.end(text, second, end, WORD);
    }
    int bodyStart = first == ' ' ? second : at;
    if (Runs.startsWith(text, bodyStart, end, SYMBOL)) {
      return Runs.lineBreaksEnd(text, Runs.end(text, bodyStart, end, SYMBOL), end);
    }
    return Runs.linesOrBlanksEnd(text, at, end);
  }

  private static boolean isAsciiLetter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }
}
