// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;

class Utf8AssemblerTest {
  private static final Map<String, String> CHARACTERS = new HashMap<>();
  private static final Set<String> BEGINNINGS = new HashSet<>();

  static {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        byte[] bytes = Character.toString(c).getBytes(StandardCharsets.UTF_8);
        CHARACTERS.put(latin1(bytes, 0, bytes.length), Character.toString(c));
        for (int length = 1; length <= bytes.length; length++) {
          BEGINNINGS.add(latin1(bytes, 0, length));
        }
      }
    }
  }

  @Test
  void givenCharacterByteForByte_accept_writesItWithItsLastByte() {
    Utf8Assembler assembler = new Utf8Assembler();
    StringBuilder out = new StringBuilder();
    byte[] llama = "🦙".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < 3; i++) {
      assembler.accept(llama[i], out);
      assertThat(out).isEmpty();
    }
    assembler.accept(llama[3], out);
    assertThat(out).hasToString("🦙");
  }

  @Test
  void givenBrokenBytes_accept_writesOneReplacementForEachLongestWrongPart() {
    // E4 BD | 41: begun but never finished. C0, FF: begin nothing. ED A0 80: a surrogate.
    assertThat(assembled(0xE4, 0xBD, 0x41)).isEqualTo("\uFFFDA");
    assertThat(assembled(0xC0, 0xFF)).isEqualTo("\uFFFD\uFFFD");
    assertThat(assembled(0xED, 0xA0, 0x80)).isEqualTo("\uFFFD\uFFFD\uFFFD");
    assertThat(assembled(0xF0, 0x9F, 0xA6)).isEqualTo("\uFFFD");
    assertThat(assembled(0xE4, 0xE4, 0xBD, 0xA0)).isEqualTo("\uFFFD你");
  }

  @Property(tries = 5000, seed = "2611")
  void givenAnyBytes_accept_equalsTheRuleOfLongestParts(@ForAll("bytes") byte[] bytes) {
    int[] values = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      values[i] = bytes[i] & 0xFF;
    }
    assertThat(assembled(values)).isEqualTo(byLongestParts(bytes));
  }

  /** The rule as it is written, with a set of all beginnings of characters. */
  private static String byLongestParts(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < bytes.length) {
      int length = 1;
      while (at + length < bytes.length && BEGINNINGS.contains(latin1(bytes, at, length + 1))) {
        length++;
      }
      String part = latin1(bytes, at, length);
      text.append(CHARACTERS.getOrDefault(part, "\uFFFD"));
      at += length;
    }
    return text.toString();
  }

  private static String latin1(byte[] bytes, int start, int length) {
    return new String(bytes, start, length, StandardCharsets.ISO_8859_1);
  }

  /** Bytes of which many are parts of characters. */
  @Provide
  Arbitrary<byte[]> bytes() {
    Arbitrary<Integer> value =
        Arbitraries.frequencyOf(
            Tuple.of(2, Arbitraries.integers().between(0x80, 0xBF)),
            Tuple.of(2, Arbitraries.integers().between(0xE0, 0xF5)),
            Tuple.of(1, Arbitraries.integers().between(0, 255)));
    return value
        .map(Integer::byteValue)
        .list()
        .ofMaxSize(12)
        .map(
            list -> {
              byte[] bytes = new byte[list.size()];
              for (int i = 0; i < bytes.length; i++) {
                bytes[i] = list.get(i);
              }
              return bytes;
            });
  }

  private static String assembled(int... values) {
    Utf8Assembler assembler = new Utf8Assembler();
    StringBuilder out = new StringBuilder();
    for (int value : values) {
      assembler.accept((byte) value, out);
    }
    assembler.finish(out);
    return out.toString();
  }
}
