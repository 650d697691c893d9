// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Damaged images: whatever the damage, there are kernels to read or one kind of exception. */
final class DamagedImagePropertyTest {

  private static final byte[] SOUND = FatbinBytes.of("sm_90a", "compute_80").toBytes();

  @Property(tries = 3000, seed = "2611")
  void givenChangedBytes_parse_readsOrRefuses(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 100_000) Integer> places,
      @ForAll byte value) {
    byte[] damaged = SOUND.clone();
    for (int place : places) {
      damaged[place % damaged.length] ^= value;
    }
    assertThat(reads(damaged)).isIn(true, false);
  }

  /** Offsets and sizes are whole words: a wild one in each place in turn. */
  @Property(tries = 1500, seed = "2611")
  void givenAWildNumberAnywhere_parse_readsOrRefuses(
      @ForAll @IntRange(max = 100_000) int place, @ForAll long value, @ForAll boolean small) {
    byte[] damaged = SOUND.clone();
    int at = place % (damaged.length - 8);
    long wild = small ? value & 0xffff : value;
    for (int i = 0; i < 8; i++) {
      damaged[at + i] = (byte) (wild >> 8 * i);
    }
    assertThat(reads(damaged)).isIn(true, false);
  }

  @Property(tries = 300, seed = "2611")
  void givenACutCubin_kernels_readsOrRefuses(@ForAll @IntRange(max = 100_000) int length) {
    byte[] cubin = FatbinBytes.image(TargetArch.parse("sm_80"));
    byte[] cut = Arrays.copyOf(cubin, length % cubin.length);
    boolean reads;
    try {
      Cubin.kernels(ImageBytes.of(cut));
      reads = true;
    } catch (MalformedImageException e) {
      reads = false;
    }
    // The table of sections lies at the end, so nothing shorter can be whole.
    assertThat(reads).isFalse();
  }

  private static boolean reads(byte[] bytes) {
    try {
      for (FatbinEntry entry : Fatbin.parse(bytes).entries()) {
        ImageLint.kernels(entry);
        if (entry.arch().isPtx()) {
          Ptx.parse(entry.payload()).driverFloor();
        }
      }
      return true;
    } catch (MalformedImageException e) {
      assertThat(e.getMessage()).doesNotContain("\n");
      return false;
    }
  }
}
