// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class QuantizerTest {

  private static final short HALF_ONE = 0x3C00;

  @Test
  void givenGreatestOf127_q8_scaleOneAndTiesAwayFromZero() {
    float[] row = new float[32];
    row[0] = 127;
    row[1] = -127;
    row[2] = 2.5f;
    row[3] = -2.5f;
    row[4] = 2.4999f;
    row[5] = -0.5f;

    ByteBuffer block = quantized(row);

    assertThat(block.getShort(0)).isEqualTo(HALF_ONE);
    assertThat(block.get(2)).isEqualTo((byte) 127);
    assertThat(block.get(3)).isEqualTo((byte) -127);
    assertThat(block.get(4)).isEqualTo((byte) 3);
    assertThat(block.get(5)).isEqualTo((byte) -3);
    assertThat(block.get(6)).isEqualTo((byte) 2);
    assertThat(block.get(7)).isEqualTo((byte) -1);
  }

  @Test
  void givenZeros_q8_zeros() {
    assertThat(quantized(new float[64]).array()).hasSize(68).containsOnly(0);
  }

  @Test
  void givenBlocksOfOtherSizes_q8_scaleEachItself() {
    float[] row = new float[64];
    row[5] = 127;
    row[40] = 254;

    ByteBuffer blocks = quantized(row);

    assertThat(blocks.getShort(0)).isEqualTo(HALF_ONE);
    assertThat(blocks.getShort(34)).isEqualTo((short) 0x4000); // Two.
    assertThat(blocks.get(34 + 2 + 8)).isEqualTo((byte) 127);
  }

  @Test
  void givenPartOfABlock_q8_refuses() {
    assertThatThrownBy(() -> quantized(new float[33]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("33");
  }

  @Test
  void givenVectorsOfGgml_q8_sameBytes() throws IOException {
    Path folder = vectors();
    FloatBuffer input =
        ByteBuffer.wrap(Files.readAllBytes(folder.resolve("input.f32")))
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    float[] values = new float[input.remaining()];
    input.get(values);

    assertThat(quantized(values).array()).isEqualTo(Files.readAllBytes(folder.resolve("q8_0.raw")));
  }

  private static ByteBuffer quantized(float[] row) {
    ByteBuffer blocks = ByteBuffer.allocate(row.length / 32 * 34).order(ByteOrder.LITTLE_ENDIAN);
    Quantizer.q8(row, blocks);
    return blocks;
  }

  private static Path vectors() {
    Optional<Path> found = Optional.empty();
    for (Path up = Path.of("").toAbsolutePath(); up != null && found.isEmpty(); ) {
      found = Optional.of(up.resolve("shared/data/ggml_quant_vectors")).filter(Files::isDirectory);
      up = up.getParent();
    }
    assumeTrue(found.isPresent(), "no shared/data/ggml_quant_vectors beside the repository");
    return found.get();
  }
}
