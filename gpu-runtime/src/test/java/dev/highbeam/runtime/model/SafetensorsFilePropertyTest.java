// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Damaged files: whatever the damage, there is a tensor to read or one kind of exception. */
final class SafetensorsFilePropertyTest {

  private static Path folder;
  private static byte[] sound;

  @BeforeContainer
  static void writeSoundFile() throws IOException {
    folder = Files.createTempDirectory("safetensors");
    sound =
        new SafetensorsWriter()
            .add("a", DType.F32, new long[] {2, 2}, new float[] {1, 2, 3, 4})
            .add("b", DType.BF16, new long[] {3}, new float[] {5, 6, 7})
            .addRaw("c", "I64", new long[] {1}, new byte[8])
            .toBytes();
  }

  @AfterContainer
  static void removeFolder() throws IOException {
    Files.deleteIfExists(folder.resolve("t.safetensors"));
    Files.deleteIfExists(folder);
  }

  @Property(tries = 1500, seed = "2611")
  void givenChangedBytes_open_readsOrRefuses(
      @ForAll @Size(min = 1, max = 4) List<@IntRange(max = 10_000) Integer> places,
      @ForAll byte value)
      throws IOException {
    byte[] damaged = sound.clone();
    for (int place : places) {
      damaged[place % damaged.length] = (byte) (damaged[place % damaged.length] ^ value);
    }
    assertThat(reads(damaged)).isIn(true, false);
  }

  @Property(tries = 200, seed = "2611")
  void givenCutOrLongerFile_open_refuses(@ForAll @IntRange(max = 10_000) int length)
      throws IOException {
    int cut = length % (2 * sound.length);
    byte[] damaged = Arrays.copyOf(sound, cut == sound.length ? cut + 1 : cut);

    assertThat(reads(damaged)).isFalse();
  }

  @Property(tries = 300, seed = "2611")
  void givenNoise_open_refuses(@ForAll @Size(max = 64) byte[] header) throws IOException {
    byte[] begun = header.clone();
    if (begun.length > 0) {
      begun[0] = '{';
    }
    assertThat(reads(SafetensorsWriter.file(begun, new byte[16]))).isFalse();
  }

  /** Whether the file opens; every tensor that it then offers is read whole. */
  private static boolean reads(byte[] bytes) throws IOException {
    Path path = Files.write(folder.resolve("t.safetensors"), bytes);
    SafetensorsFile file;
    try {
      file = SafetensorsFile.open(path);
    } catch (EngineException e) {
      assertThat(e.kind()).isEqualTo(EngineException.Kind.CONFIGURATION);
      assertThat(e.getMessage()).hasSizeLessThan(1000).doesNotContain("\n");
      return false;
    }
    for (String name : file.names()) {
      WeightSource tensor;
      try {
        tensor = file.tensor(name);
      } catch (EngineException e) {
        continue;
      }
      // The sound file has 30 bytes of data: no damage may make a tensor larger than its file.
      assertThat(tensor.elementCount()).isLessThan(bytes.length);
      int count = (int) tensor.elementCount();
      tensor.read(0, new float[count], 0, count);
    }
    return true;
  }
}
