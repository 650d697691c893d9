// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CharClassTest {
  @Test
  void givenWellKnownCharacters_of_givesTheirClass() {
    assertThat(CharClass.of('A')).isEqualTo(CharClass.UPPER);
    assertThat(CharClass.of('ß')).isEqualTo(CharClass.LOWER);
    assertThat(CharClass.of('你')).isEqualTo(CharClass.CASELESS);
    assertThat(CharClass.of(0x301)).isEqualTo(CharClass.MARK);
    assertThat(CharClass.of('½')).isEqualTo(CharClass.NUMBER);
    assertThat(CharClass.of('_')).isEqualTo(CharClass.PUNCTUATION);
    assertThat(CharClass.of('+')).isEqualTo(CharClass.SYMBOL);
    assertThat(CharClass.of(0x1F999)).isEqualTo(CharClass.SYMBOL);
    assertThat(CharClass.of(0x200D)).isZero();
    assertThat(CharClass.of(0)).isZero();
  }

  @Test
  void givenEveryCharacter_of_countsTheTwentyFiveBlanksOfUnicode() {
    int blanks = 0;
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      blanks += CharClass.is(c, CharClass.SPACE) ? 1 : 0;
    }
    assertThat(blanks).isEqualTo(25);
    assertThat(CharClass.is(0x85, CharClass.SPACE)).isTrue();
    assertThat(CharClass.is(0x180E, CharClass.SPACE)).isFalse();
    assertThat(CharClass.is(0x1C, CharClass.SPACE)).isFalse();
  }

  @Test
  void givenEveryCharacter_of_countsTheClassesOfUnicode16() {
    int[] counts = new int[256];
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      counts[CharClass.of(c)]++;
    }
    // Counted with the regular expressions of the Hugging Face library, which are of Unicode 16.
    // A Java that knows a later Unicode than 16 has more, and fails here to be noticed.
    assertThat(counts[CharClass.UPPER]).isEqualTo(1858 + 31);
    assertThat(counts[CharClass.LOWER]).isEqualTo(2258);
    assertThat(counts[CharClass.CASELESS]).isEqualTo(404 + 136_477);
    assertThat(counts[CharClass.MARK]).isEqualTo(2501);
    assertThat(counts[CharClass.NUMBER]).isEqualTo(1911);
    assertThat(counts[CharClass.PUNCTUATION]).isEqualTo(855);
    assertThat(counts[CharClass.SYMBOL]).isEqualTo(8514);
  }
}
