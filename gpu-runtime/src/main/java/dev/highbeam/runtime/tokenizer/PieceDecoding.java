// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * How a tokenizer turns pieces into text: the bytes of each piece, and what is dropped at the start
 * of a text.
 *
 * @param bytes the bytes of a piece anywhere but at the start
 * @param leadingBlanks how many blanks at the start of a text are dropped
 * @param firstPieceMarker a character that is dropped from the first piece of a text, or null
 */
record PieceDecoding(PieceBytes bytes, int leadingBlanks, @Nullable Character firstPieceMarker) {
  static final PieceDecoding BYTE_LEVEL = new PieceDecoding(PieceDecoding::byteLevelBytes, 0, null);

  /** The bytes that a piece stands for. */
  interface PieceBytes {
    byte[] of(String piece);
  }

  /** A byte-level piece spells its bytes; one with other characters (an added token) is plain. */
  static byte[] byteLevelBytes(String piece) {
    byte[] bytes = new byte[piece.length()];
    for (int i = 0; i < bytes.length; i++) {
      int value = ByteLevelAlphabet.byteOf(piece.charAt(i));
      if (value < 0) {
        return piece.getBytes(StandardCharsets.UTF_8);
      }
      bytes[i] = (byte) value;
    }
    return bytes;
  }
}
