// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/** {@code \w+|[^\w\s]+}: words, and runs of what is neither word nor blank. */
final class WordOrSymbolsPattern implements SplitPattern {
  private static final RunPattern WORD = RunPattern.oneOrMore(CharClass::isWord);
  private static final RunPattern SYMBOLS =
      RunPattern.oneOrMore(c -> !CharClass.isWord(c) && !CharClass.is(c, CharClass.SPACE));

  @Override
  public int matchEnd(String text, int at, int end) {
    int wordEnd = WORD.matchEnd(text, at, end);
    return wordEnd > at ? wordEnd : SYMBOLS.matchEnd(text, at, end);
  }
}
