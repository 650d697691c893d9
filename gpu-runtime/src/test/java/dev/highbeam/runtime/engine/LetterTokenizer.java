// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.tokenizer.StreamDecoder;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.util.OptionalInt;

/** A tokenizer for tests: token id t is the letter 'a' + t mod 26. */
final class LetterTokenizer implements Tokenizer {

  @Override
  public int[] encode(String text, Specials specials) {
    return text.chars().map(c -> c - 'a').toArray();
  }

  @Override
  public String decode(int[] tokenIds, SpecialText specials) {
    StringBuilder text = new StringBuilder();
    for (int id : tokenIds) {
      text.append(pieceText(id));
    }
    return text.toString();
  }

  @Override
  public StreamDecoder streamDecoder(SpecialText specials) {
    return new StreamDecoder() {
      @Override
      public void append(int tokenId, StringBuilder text) {
        text.append(pieceText(tokenId));
      }

      @Override
      public void flush(StringBuilder text) {}
    };
  }

  @Override
  public String pieceText(int tokenId) {
    return String.valueOf((char) ('a' + tokenId % 26));
  }

  @Override
  public int vocabularySize() {
    return FakeExecutable.VOCABULARY;
  }

  @Override
  public boolean isSpecial(int tokenId) {
    return false;
  }

  @Override
  public OptionalInt idOf(String piece) {
    return piece.length() == 1 ? OptionalInt.of(piece.charAt(0) - 'a') : OptionalInt.empty();
  }
}
