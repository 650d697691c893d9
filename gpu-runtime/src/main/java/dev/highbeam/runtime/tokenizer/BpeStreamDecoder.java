// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.tokenizer.Tokenizer.SpecialText;

/**
 * Decodes from the bytes of tokens. At the start of a text it drops what the tokenizer's decoder
 * drops there; anywhere later it drops nothing. Bytes left over at the end of a prompt do not join
 * those of the output.
 */
final class BpeStreamDecoder implements StreamDecoder {
  private final TokenTexts texts;
  private final SpecialText specials;
  private final Utf8Assembler assembler = new Utf8Assembler();
  private boolean atFirstToken;
  private int blanksToDrop;

  private BpeStreamDecoder(TokenTexts texts, SpecialText specials) {
    this.texts = texts;
    this.specials = specials;
  }

  /** A decoder for the start of a text. */
  static BpeStreamDecoder atStart(TokenTexts texts, SpecialText specials) {
    BpeStreamDecoder decoder = new BpeStreamDecoder(texts, specials);
    decoder.atFirstToken = true;
    decoder.blanksToDrop = texts.leadingBlanks();
    return decoder;
  }

  /** A decoder for what follows a prompt that has text. */
  static BpeStreamDecoder continuing(TokenTexts texts, SpecialText specials) {
    return new BpeStreamDecoder(texts, specials);
  }

  /** A decoder for what follows a prompt: passes over it for as long as it is still the start. */
  static BpeStreamDecoder after(int[] promptTokenIds, TokenTexts texts, SpecialText specials) {
    BpeStreamDecoder decoder = atStart(texts, specials);
    StringBuilder ignored = new StringBuilder();
    for (int i = 0; i < promptTokenIds.length && decoder.isAtStart(); i++) {
      decoder.append(promptTokenIds[i], ignored);
    }
    decoder.flush(ignored);
    return decoder;
  }

  private boolean isAtStart() {
    return atFirstToken || blanksToDrop > 0;
  }

  @Override
  public void append(int tokenId, StringBuilder out) {
    if (tokenId < 0) {
      throw new IllegalArgumentException("tokenId must not be negative, was " + tokenId);
    }
    boolean leftOut = specials == SpecialText.SKIP && texts.isSpecial(tokenId);
    if (leftOut || !texts.has(tokenId)) {
      return;
    }
    byte[] bytes = atFirstToken ? texts.bytesAtStart(tokenId) : texts.bytesOf(tokenId);
    atFirstToken = false;
    for (byte value : bytes) {
      if (blanksToDrop > 0 && value == ' ') {
        blanksToDrop--;
        continue;
      }
      blanksToDrop = 0;
      assembler.accept(value, out);
    }
  }

  @Override
  public void flush(StringBuilder out) {
    assembler.finish(out);
  }
}
