// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class StoredImageTest {

  private static final byte[] IMAGE = {1, 2, 3, 4, 5, 0, 0, 7};
  private static final byte[] FILE = StoredImage.encode("k1-sm90-ab", IMAGE);

  @Test
  void givenASoundFile_decode_isTheImage() {
    assertThat(StoredImage.decode("k1-sm90-ab", FILE)).contains(IMAGE);
    assertThat(StoredImage.decode("x", StoredImage.encode("x", new byte[0]))).contains(new byte[0]);
  }

  @Test
  void S0_4_givenAFileCutAnywhereOrLengthened_decode_isEmpty() {
    for (int length = 0; length < FILE.length + 8; length++) {
      if (length != FILE.length) {
        assertThat(StoredImage.decode("k1-sm90-ab", Arrays.copyOf(FILE, length))).isEmpty();
      }
    }
  }

  @Test
  void S0_4_givenAnyBitFlipped_decode_isEmpty() {
    for (int at = 0; at < FILE.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] damaged = FILE.clone();
        damaged[at] ^= (byte) (1 << bit);
        assertThat(StoredImage.decode("k1-sm90-ab", damaged)).as("byte %s", at).isEmpty();
      }
    }
  }

  @Test
  void S0_4_givenTheFileOfAnotherKey_decode_isEmpty() {
    assertThat(StoredImage.decode("k1-sm90-ac", FILE)).isEmpty();
  }
}
