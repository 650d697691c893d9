// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * Puts characters together from bytes that arrive one by one. A character is written when its last
 * byte is there; bytes that can become no character are written as U+FFFD, one for each longest
 * part that could have begun one. What is written never depends on how the bytes were portioned.
 */
final class Utf8Assembler {
  private int codePoint;
  private int missing;

  /** The bounds of the next byte, which exclude overlong forms, surrogates and too large values. */
  private int lowest = 0x80;

  private int highest = 0xBF;

  void accept(byte value, StringBuilder out) {
    int b = value & 0xFF;
    if (missing > 0) {
      if (b >= lowest && b <= highest) {
        continueWith(b, out);
        return;
      }
      finish(out);
    }
    begin(b, out);
  }

  /** Ends the text: an unfinished character becomes U+FFFD. */
  void finish(StringBuilder out) {
    if (missing > 0) {
      out.append(WellFormedText.REPLACEMENT);
      missing = 0;
      lowest = 0x80;
      highest = 0xBF;
    }
  }

  private void continueWith(int b, StringBuilder out) {
    codePoint = codePoint << 6 | (b & 0x3F);
    lowest = 0x80;
    highest = 0xBF;
    missing--;
    if (missing == 0) {
      out.appendCodePoint(codePoint);
    }
  }

  private void begin(int b, StringBuilder out) {
    if (b < 0x80) {
      out.append((char) b);
    } else if (b >= 0xC2 && b <= 0xDF) {
      codePoint = b & 0x1F;
      missing = 1;
    } else if (b >= 0xE0 && b <= 0xEF) {
      codePoint = b & 0x0F;
      missing = 2;
      lowest = b == 0xE0 ? 0xA0 : 0x80;
      highest = b == 0xED ? 0x9F : 0xBF;
    } else if (b >= 0xF0 && b <= 0xF4) {
      codePoint = b & 0x07;
      missing = 3;
      lowest = b == 0xF0 ? 0x90 : 0x80;
      highest = b == 0xF4 ? 0x8F : 0xBF;
    } else {
      out.append(WellFormedText.REPLACEMENT);
    }
  }
}
