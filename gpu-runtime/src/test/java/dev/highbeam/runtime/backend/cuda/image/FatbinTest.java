// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class FatbinTest {

  private static final byte[] SOUND = FatbinBytes.of("sm_80", "compute_80").toBytes();

  @Test
  void givenAllForms_parse_readsArchitecturesWithTheirSuffixes() {
    byte[] bytes = FatbinBytes.of("compute_75", "sm_80", "sm_90a", "sm_100f", "sm_120").toBytes();

    assertThat(Fatbin.parse(bytes).entries())
        .extracting(entry -> entry.arch().name())
        .containsExactly("compute_75", "sm_80", "sm_90a", "sm_100f", "sm_120");
  }

  @Test
  void givenTwoImages_image_isThePayloadAlone() {
    Fatbin fatbin = Fatbin.parse(SOUND);
    for (String name : new String[] {"sm_80", "compute_80"}) {
      TargetArch arch = TargetArch.parse(name);
      assertThat(fatbin.entry(arch).orElseThrow().image()).isEqualTo(FatbinBytes.image(arch));
    }
    assertThat(fatbin.entry(TargetArch.parse("sm_90"))).isEmpty();
  }

  @Test
  void givenEveryShorterFile_parse_refusesInOneSentence() {
    for (int length = 0; length < SOUND.length; length++) {
      assertRefused(Arrays.copyOf(SOUND, length), "");
    }
  }

  @Test
  void givenStatedSizesThatAreWrong_parse_refuses() {
    assertRefused(Arrays.copyOf(SOUND, SOUND.length + 8), "are there");
    assertRefused(withLong(8, Long.MAX_VALUE), "are there");
    assertRefused(withLong(8, -1), "beyond any file");
    assertRefused(withLong(FatbinBytes.HEADER + 8, Long.MAX_VALUE), "lies outside");
    assertRefused(withLong(FatbinBytes.HEADER + 8, -8), "beyond any file");
    // A payload that ends within the next image's header would make the two overlap.
    assertRefused(withLong(FatbinBytes.HEADER + 8, firstPayload() + 8), "of the fatbin");
    assertRefused(withInt(FatbinBytes.HEADER + 4, 0), "a header of 0 bytes");
    assertRefused(withInt(FatbinBytes.HEADER + 4, -1), "a header of 4294967295 bytes");
  }

  @Test
  void givenForeignParts_parse_namesThem() {
    assertRefused(withInt(0, 0x464C457F), "0xBA55ED50");
    assertRefused(withInt(4, 2 | 16 << 16), "unknown version 2");
    assertRefused(withInt(FatbinBytes.HEADER, 8), "kind 8");
    assertRefused(withInt(FatbinBytes.HEADER + 28, 5), "unknown architecture 5");
    assertRefused(withInt(FatbinBytes.HEADER + 28, -1), "unknown architecture 4294967295");
    assertRefused(withLong(FatbinBytes.HEADER + 40, 3 << 20), "both the suffix a and");
    assertRefused(withInt(FatbinBytes.HEADER + 16, 700), "--no-compress");
    assertRefused(withLong(FatbinBytes.HEADER + 40, 0x8011), "--no-compress");
    assertRefused(withInt(FatbinBytes.HEADER + FatbinBytes.ENTRY_HEADER, 0), "no ELF file");
    assertRefused(new FatbinBytes().add(1, 80, 0x11, new byte[0]).toBytes(), "without a NUL");
    assertRefused(new FatbinBytes().add(1, 80, 0x11, new byte[] {1}).toBytes(), "without a NUL");
  }

  @Test
  void givenAnArchitectureTwice_parse_refuses() {
    assertRefused(FatbinBytes.of("sm_80", "compute_80", "sm_80").toBytes(), "sm_80 twice");
  }

  @Test
  void givenTooManyImages_parse_refuses() {
    FatbinBytes fatbin = new FatbinBytes();
    for (int arch = 100; arch < 357; arch++) {
      fatbin.add(1, arch, 0, new byte[1]);
    }
    assertRefused(fatbin.toBytes(), "more than 256 images");
  }

  private static void assertRefused(byte[] bytes, String part) {
    assertThatThrownBy(() -> Fatbin.parse(bytes))
        .isInstanceOf(MalformedImageException.class)
        .hasMessageContaining(part)
        .message()
        .hasSizeLessThan(200)
        .doesNotContain("\n");
  }

  private static long firstPayload() {
    return ByteBuffer.wrap(SOUND).order(ByteOrder.LITTLE_ENDIAN).getLong(FatbinBytes.HEADER + 8);
  }

  private static byte[] withInt(int offset, int value) {
    byte[] copy = SOUND.clone();
    ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(offset, value);
    return copy;
  }

  private static byte[] withLong(int offset, long value) {
    byte[] copy = SOUND.clone();
    ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putLong(offset, value);
    return copy;
  }
}
