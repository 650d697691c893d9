// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * Turns the tokens of one output into text as they come. Never gives half a character: bytes that
 * may still become one are held back. All that it gives, {@link #flush()} included, is the text of
 * the tokens beyond the prompt's, whatever the portions were (see {@link Tokenizer#streamDecoder});
 * bytes at the end of a prompt do not join those of the output.
 *
 * <p>Made by {@link Tokenizer#streamDecoder}; used by one thread at a time.
 */
public final class StreamDecoder {
  private final TokenTexts texts;
  private final SpecialTokens specials;
  private final Utf8Assembler assembler = new Utf8Assembler();
  private boolean atFirstToken = true;
  private int blanksToDrop;

  StreamDecoder(TokenTexts texts, SpecialTokens specials) {
    this.texts = texts;
    this.specials = specials;
    this.blanksToDrop = texts.leadingBlanks();
  }

  /** Passes over the tokens of a prompt: only whether they begin the text matters. */
  void skipPrompt(int[] promptTokenIds) {
    StringBuilder ignored = new StringBuilder();
    for (int i = 0; i < promptTokenIds.length && (atFirstToken || blanksToDrop > 0); i++) {
      append(promptTokenIds[i], ignored);
    }
    assembler.finish(ignored);
  }

  /** Appends the text that is finished with this token to {@code out}; it may be none. */
  public void append(int tokenId, StringBuilder out) {
    if (tokenId < 0) {
      throw new IllegalArgumentException("tokenId must not be negative, was " + tokenId);
    }
    boolean leftOut = specials == SpecialTokens.LEFT_OUT && texts.isSpecial(tokenId);
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

  /** The text that is finished with this token; it may be empty. */
  public String append(int tokenId) {
    StringBuilder out = new StringBuilder();
    append(tokenId, out);
    return out.toString();
  }

  /** Ends the output: appends U+FFFD for a character whose last bytes never came. */
  public void flush(StringBuilder out) {
    assembler.finish(out);
  }

  /** Ends the output and gives what was held back. */
  public String flush() {
    StringBuilder out = new StringBuilder();
    flush(out);
    return out.toString();
  }
}
