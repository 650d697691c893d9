// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.backend.HalfFloats;
import org.junit.jupiter.api.Test;

final class RandomWeightsTest {

  private static final TensorSpec MATRIX =
      new TensorSpec("a", "b", TensorSpec.Kind.MATRIX, 64, 1000, 0);

  @Test
  void givenMatrix_row_normalWithTheSpreadOfAModel() {
    double sum = 0;
    double squares = 0;
    for (int row = 0; row < 64; row++) {
      for (short bits : row(1, MATRIX, row)) {
        double value = HalfFloats.bf16ToFloat(bits);
        sum += value;
        squares += value * value;
      }
    }

    assertThat(sum / 64_000).isCloseTo(0, within(0.0005));
    assertThat(Math.sqrt(squares / 64_000))
        .isCloseTo(Math.sqrt(1e-3), within(0.0005)); // 1000 columns.
  }

  @Test
  void givenSeedTensorAndRow_row_functionOfAllThree() {
    TensorSpec other = new TensorSpec("c", "b", TensorSpec.Kind.MATRIX, 64, 1000, 0);

    short[] row = row(1, MATRIX, 3);

    assertThat(row(1, MATRIX, 3)).isEqualTo(row);
    assertThat(row(2, MATRIX, 3)).isNotEqualTo(row);
    assertThat(row(1, other, 3)).isNotEqualTo(row);
    assertThat(row(1, MATRIX, 4)).isNotEqualTo(row);
  }

  @Test
  void givenNorm_row_ones() {
    TensorSpec norm = new TensorSpec("n", "n", TensorSpec.Kind.NORM, 1, 5, 0);

    assertThat(row(1, norm, 0)).containsOnly(HalfFloats.floatToBf16(1));
  }

  private static short[] row(long seed, TensorSpec tensor, int number) {
    short[] row = new short[tensor.columns()];
    new RandomWeights(seed).of(tensor).get(number, row);
    return row;
  }
}
