// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/** Spells every word in UTF-8 bytes, each written as its character of {@link ByteLevelAlphabet}. */
final class ByteLevelStep implements PreTokenizer {
  @Override
  public Words apply(Words words) {
    String text = words.text();
    StringBuilder spelled = new StringBuilder(text.length() + text.length() / 8 + 16);
    IdList ends = new IdList(words.count());
    for (int i = 0; i < words.count(); i++) {
      spell(text, words.start(i), words.end(i), spelled);
      ends.add(spelled.length());
    }
    Words out = new Words(spelled.toString(), words.place(), words.count());
    int start = 0;
    for (int i = 0; i < ends.size(); i++) {
      out.add(start, ends.get(i));
      start = ends.get(i);
    }
    return out;
  }

  private static void spell(String text, int start, int end, StringBuilder out) {
    for (int i = start; i < end; ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c < 0x80) {
        out.append(ByteLevelAlphabet.charOf(c));
        continue;
      }
      if (c < 0x800) {
        out.append(ByteLevelAlphabet.charOf(0xC0 | c >>> 6));
      } else {
        if (c < 0x10000) {
          out.append(ByteLevelAlphabet.charOf(0xE0 | c >>> 12));
        } else {
          out.append(ByteLevelAlphabet.charOf(0xF0 | c >>> 18));
          out.append(ByteLevelAlphabet.charOf(0x80 | (c >>> 12 & 0x3F)));
        }
        out.append(ByteLevelAlphabet.charOf(0x80 | (c >>> 6 & 0x3F)));
      }
      out.append(ByteLevelAlphabet.charOf(0x80 | (c & 0x3F)));
    }
  }
}
