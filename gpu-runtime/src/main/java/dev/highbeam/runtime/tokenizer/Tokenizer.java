// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.OptionalInt;

/**
 * Turns text into token ids and back. Immutable and safe for use from many threads.
 *
 * <p>Lone surrogates in a text count as U+FFFD, one each; readers of records reject them earlier.
 * Encoding takes about linear time, whatever the text is: there is no input that makes it slow.
 */
public interface Tokenizer {

  /** Whether the tokenizer's own begin and end tokens are put around an encoded text. */
  enum Specials {
    ADD,
    OMIT
  }

  /** Whether special tokens appear in decoded text. */
  enum SpecialText {
    KEEP,
    SKIP
  }

  /** The token ids of a text. Special tokens written out in the text are recognised. */
  int[] encode(String text, Specials specials);

  /**
   * The text of the tokens; bytes that are not UTF-8 become U+FFFD. An id without a token adds
   * nothing: models often have more rows than their tokenizer has tokens.
   */
  String decode(int[] tokenIds, SpecialText specials);

  /**
   * A decoder of a continuation: after all its tokens it has given exactly the text by which the
   * decoded prompt plus output is longer than the decoded prompt. The prompt is taken to have text.
   *
   * <p>It matters to tokenizers of the SentencePiece kind, which write the first word of a text as
   * " Once" and drop that blank when they decode: output goes on from a prompt and keeps it.
   */
  StreamDecoder streamDecoder(SpecialText specials);

  /**
   * As above, for the very prompt: output after a prompt without any text (empty, or only a begin
   * token) is the start of a text and loses the blank. Other tokenizers need not look at the
   * prompt.
   */
  default StreamDecoder streamDecoder(int[] promptTokenIds, SpecialText specials) {
    return streamDecoder(specials);
  }

  /**
   * The text of one token by itself, for columns that list tokens: with its leading blank, special
   * tokens shown, U+FFFD where it holds only a part of a character.
   */
  String pieceText(int tokenId);

  /** Token ids are below this number. */
  int vocabularySize();

  boolean isSpecial(int tokenId);

  /** The id of a token given as it stands in the vocabulary. */
  OptionalInt idOf(String piece);
}
