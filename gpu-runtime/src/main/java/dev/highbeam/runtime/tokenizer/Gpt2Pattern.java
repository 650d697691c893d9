// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * The words of GPT-2, with each kind taking one blank in front: {@code 's|'t|'re|'ve|'m|'ll|'d|
 * ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+}.
 */
final class Gpt2Pattern implements SplitPattern {
  static final String REGEX =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

  private static final int WORD = CharClass.LETTER | CharClass.NUMBER | CharClass.SPACE;

  @Override
  public int matchEnd(String text, int at, int end) {
    int contractionEnd = Runs.contractionEnd(text, at, end);
    if (contractionEnd > at) {
      return contractionEnd;
    }
    int bodyStart = text.charAt(at) == ' ' && at + 1 < end ? at + 1 : at;
    int body = CharClass.of(text.codePointAt(bodyStart));
    if ((body & CharClass.LETTER) != 0) {
      return Runs.end(text, bodyStart, end, CharClass.LETTER);
    }
    if ((body & CharClass.NUMBER) != 0) {
      return Runs.end(text, bodyStart, end, CharClass.NUMBER);
    }
    if ((body & CharClass.SPACE) == 0) {
      return Runs.endOutside(text, bodyStart, end, WORD);
    }
    return Runs.blanksEnd(text, at, end);
  }
}
