// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * What each token stands for in a text, as bytes, computed once when the tokenizer is loaded: token
 * id has bytes [offsets[id], offsets[id + 1]). Immutable, for any thread.
 */
final class TokenTexts {
  private final Vocabulary vocabulary;
  private final PieceDecoding decoding;
  private final byte[] bytes;
  private final int[] offsets;

  TokenTexts(Vocabulary vocabulary, PieceDecoding decoding) {
    this.vocabulary = vocabulary;
    this.decoding = decoding;
    ByteArrayOutputStream all = new ByteArrayOutputStream(8 * vocabulary.size());
    offsets = new int[vocabulary.size() + 1];
    for (int id = 0; id < vocabulary.size(); id++) {
      String piece = vocabulary.piece(id);
      if (piece != null) {
        all.writeBytes(decoding.bytes().of(piece));
      }
      offsets[id + 1] = all.size();
    }
    bytes = all.toByteArray();
  }

  /** The bytes of a token; none for an id that the vocabulary lacks. */
  byte[] bytesOf(int id) {
    return id < vocabulary.size()
        ? Arrays.copyOfRange(bytes, offsets[id], offsets[id + 1])
        : new byte[0];
  }

  /** The bytes of a token that is the first of a text. */
  byte[] bytesAtStart(int id) {
    String piece = vocabulary.piece(id);
    Character marker = decoding.firstPieceMarker();
    if (piece == null || marker == null) {
      return bytesOf(id);
    }
    return decoding.bytes().of(piece.replace(marker.toString(), ""));
  }

  /** How many blanks at the start of a text are dropped. */
  int leadingBlanks() {
    return decoding.leadingBlanks();
  }

  boolean isSpecial(int id) {
    return vocabulary.isSpecial(id);
  }

  boolean has(int id) {
    return vocabulary.piece(id) != null;
  }
}
