// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/** The pieces {@code <0x00>} to {@code <0xFF>}, which stand for single bytes. */
final class BytePieces {
  private static final String HEX = "0123456789ABCDEF";

  private BytePieces() {}

  /** The piece for a byte, given as 0..255. */
  static String nameOf(int value) {
    return "<0x" + HEX.charAt(value >>> 4) + HEX.charAt(value & 15) + ">";
  }

  /** The byte (0..255) that a piece stands for, or -1 for any other piece. */
  static int valueOf(String piece) {
    if (piece.length() != 6 || !piece.startsWith("<0x") || piece.charAt(5) != '>') {
      return -1;
    }
    int high = digitOf(piece.charAt(3));
    int low = digitOf(piece.charAt(4));
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }

  /** Files write upper case; lower case is read too. Other scripts' digits are no digits here. */
  private static int digitOf(char c) {
    return c < 0x80 ? Character.digit(c, 16) : -1;
  }
}
