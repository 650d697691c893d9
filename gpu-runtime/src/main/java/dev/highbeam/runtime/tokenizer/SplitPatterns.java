// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * The regular expressions that are known, by their exact spelling in tokenizer files, each with its
 * scanner. Another spelling is not guessed at: a wrong cut gives other tokens without an error.
 */
final class SplitPatterns {
  private static final Map<String, SplitPattern> KNOWN =
      Map.ofEntries(
          Map.entry(Gpt2Pattern.REGEX, new Gpt2Pattern()),
          Map.entry(LetterWordPattern.LLAMA3, new LetterWordPattern(CharClass.LETTER, 3)),
          Map.entry(LetterWordPattern.QWEN2, new LetterWordPattern(CharClass.LETTER, 1)),
          Map.entry(
              LetterWordPattern.QWEN35,
              new LetterWordPattern(CharClass.LETTER | CharClass.MARK, 1)),
          Map.entry(
              CasedWordPattern.O200K, new CasedWordPattern(CasedWordPattern.Suffix.CONTRACTION, 3)),
          Map.entry(CasedWordPattern.TEKKEN, new CasedWordPattern(CasedWordPattern.Suffix.NONE, 1)),
          Map.entry(SymbolWordPattern.DEEPSEEK3, new SymbolWordPattern()),
          Map.entry("\\p{N}{1,3}", new RunPattern(isIn(CharClass.NUMBER), 1, 3)),
          Map.entry("\\p{N}", RunPattern.one(isIn(CharClass.NUMBER))),
          Map.entry("\\p{N}+", RunPattern.oneOrMore(isIn(CharClass.NUMBER))),
          Map.entry("[0-9][0-9][0-9]", new RunPattern(c -> c >= '0' && c <= '9', 3, 3)),
          Map.entry("[一-龥぀-ゟ゠-ヿ]+", RunPattern.oneOrMore(SplitPatterns::isHanOrKana)),
          Map.entry("[\\r\\n]", RunPattern.one(Runs::isLineBreak)),
          Map.entry("\\s+", RunPattern.oneOrMore(isIn(CharClass.SPACE))));

  private SplitPatterns() {}

  /** The scanner for a regular expression, or nothing where it is not known. */
  static Optional<SplitPattern> of(String regex) {
    return Optional.ofNullable(KNOWN.get(regex));
  }

  static IntPredicate isIn(int classes) {
    return codePoint -> CharClass.is(codePoint, classes);
  }

  private static boolean isHanOrKana(int c) {
    return (c >= 0x4E00 && c <= 0x9FA5) || (c >= 0x3040 && c <= 0x30FF);
  }
}
