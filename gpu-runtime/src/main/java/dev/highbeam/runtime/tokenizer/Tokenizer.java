// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.OptionalInt;

/**
 * Turns text into the token ids of one model and back. Made by {@link Tokenizers}, used by whoever
 * prepares requests and shows results.
 *
 * <p>Immutable; any number of threads may use one instance. Encoding takes time linear in the text
 * up to a logarithm, whatever the text is: there is no input that makes it slow.
 *
 * <p>A lone surrogate in a text counts as U+FFFD: it is no character, and no encoding can carry it.
 */
public interface Tokenizer {
  /**
   * The token ids of a text.
   *
   * <p>Texts such as {@code <|im_end|>} that the model folder declares as added tokens become these
   * tokens wherever they occur, whatever {@code specials} says; a chat template relies on it.
   */
  int[] encode(String text, SpecialTokens specials);

  /** The text of all the given tokens. */
  default String decode(int[] tokenIds, SpecialTokens specials) {
    return decode(tokenIds, 0, tokenIds.length, specials);
  }

  /**
   * The text of the tokens from index {@code from} to before {@code to}, as the start of a text.
   *
   * <p>An id that the vocabulary lacks adds nothing: models often have more rows than their
   * tokenizer has tokens. Bytes that are not UTF-8 become U+FFFD, one for each longest wrong part.
   */
  String decode(int[] tokenIds, int from, int to, SpecialTokens specials);

  /**
   * A decoder for the tokens that a model puts after a prompt.
   *
   * <p>Tokenizers of the SentencePiece kind write the first word of a text as " Once" and drop that
   * blank when they decode. Output is a continuation: its text is what decode(prompt + output) has
   * beyond decode(prompt), so the blank is kept unless the prompt has no text at all.
   *
   * @param promptTokenIds the prompt, empty for the start of a text
   */
  StreamDecoder streamDecoder(int[] promptTokenIds, SpecialTokens specials);

  /**
   * The text of one token by itself, for a table of log-probabilities: with its leading blank,
   * special tokens shown, and U+FFFD where it holds a part of a character only.
   */
  String pieceText(int tokenId);

  /** One more than the largest token id. */
  int vocabularySize();

  /** Whether the model folder declares this token as special. */
  boolean isSpecial(int tokenId);

  /** The id of a piece as the vocabulary spells it, for example {@code </s>}. */
  OptionalInt idOf(String piece);
}
