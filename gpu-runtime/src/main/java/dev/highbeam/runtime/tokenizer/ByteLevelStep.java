// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/** Spells every word in UTF-8 bytes, each written as its character of {@link ByteLevelAlphabet}. */
final class ByteLevelStep implements PreTokenizer {
  @Override
  public Words apply(Words words) {
    String text = words.text();
    // No character of UTF-16 takes more than three bytes for each of its chars.
    char[] spelled = new char[Math.multiplyExact(3, text.length())];
    IdList ends = new IdList(words.count());
    int size = 0;
    for (int i = 0; i < words.count(); i++) {
      size = spell(text, words.start(i), words.end(i), spelled, size);
      ends.add(size);
    }
    return Words.endingAt(ends, new String(spelled, 0, size), words.place());
  }

  private static int spell(String text, int start, int end, char[] out, int at) {
    int size = at;
    for (int i = start; i < end; ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c < 0x80) {
        out[size++] = ByteLevelAlphabet.charOf(c);
        continue;
      }
      if (c < 0x800) {
        out[size++] = ByteLevelAlphabet.charOf(0xC0 | c >>> 6);
      } else {
        if (c < 0x10000) {
          out[size++] = ByteLevelAlphabet.charOf(0xE0 | c >>> 12);
        } else {
          out[size++] = ByteLevelAlphabet.charOf(0xF0 | c >>> 18);
          out[size++] = ByteLevelAlphabet.charOf(0x80 | (c >>> 12 & 0x3F));
        }
        out[size++] = ByteLevelAlphabet.charOf(0x80 | (c >>> 6 & 0x3F));
      }
      out[size++] = ByteLevelAlphabet.charOf(0x80 | (c & 0x3F));
    }
    return size;
  }
}
