// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.Arrays;

/**
 * The alphabet of byte-level BPE: one visible character for each of the 256 bytes. Bytes that are
 * printable in Latin-1 stand for themselves; the other 68 take U+0100 and up, in order.
 */
final class ByteLevelAlphabet {
  private static final int CHAR_LIMIT = 0x100 + 68;
  private static final char[] CHARS = new char[256];
  private static final short[] BYTES = new short[CHAR_LIMIT];

  static {
    Arrays.fill(BYTES, (short) -1);
    char substitute = 0x100;
    for (int value = 0; value < 256; value++) {
      boolean printable =
          (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xFF && value != 0xAD);
      CHARS[value] = printable ? (char) value : substitute++;
      BYTES[CHARS[value]] = (short) value;
    }
  }

  private ByteLevelAlphabet() {}

  /** The character for a byte, given as 0..255. */
  static char charOf(int value) {
    return CHARS[value];
  }

  /** The byte (0..255) for a character, or -1 for one outside the alphabet. */
  static int byteOf(char c) {
    return c < CHAR_LIMIT ? BYTES[c] : -1;
  }
}
