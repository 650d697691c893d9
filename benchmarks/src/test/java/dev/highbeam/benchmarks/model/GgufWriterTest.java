// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GgufWriterTest {

  @TempDir Path folder;

  @Test
  void givenTensorsOfOddSizes_write_eachAtAMultipleOf32() throws IOException {
    Path path = folder.resolve("odd.gguf");
    try (LittleEndianFile file = new LittleEndianFile(path)) {
      GgufWriter writer = new GgufWriter(file).text("general.name", "odd");
      writer.announce("five", GgufWriter.Type.F32, 5);
      writer.announce("one", GgufWriter.Type.F32, 1);
      writer.begin();
      for (int i = 0; i < 5; i++) {
        file.putFloat(i);
      }
      writer.endTensor();
      file.putFloat(7);
      writer.endTensor();
    }

    GgufContents contents = new GgufContents(path);

    int five = contents.tensors.get("five").begin();
    int one = contents.tensors.get("one").begin();
    assertThat(five % 32).isZero();
    assertThat(one).isEqualTo(five + 32); // 20 bytes and 12 of padding.
    assertThat(contents.bytes.getFloat(five + 16)).isEqualTo(4);
    assertThat(contents.bytes.getFloat(one)).isEqualTo(7);
    assertThat(contents.metadata).containsEntry("general.name", "odd");
  }
}
