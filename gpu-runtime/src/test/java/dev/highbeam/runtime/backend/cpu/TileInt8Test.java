// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.BackendUnderTest;
import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.InMemoryWeights;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.OpBench;
import dev.highbeam.runtime.backend.WeightSource;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Linears in int8 are what their formula says, bit for bit: integer sums have no order. */
final class TileInt8Test implements BackendUnderTest {

  @BeforeEach
  void needTiles() {
    assumeTrue(TileLibrary.isUsable(), TileLibrary::whyNot);
  }

  @Override
  public Backend backend() {
    return CpuBackend.create(2, true);
  }

  @Override
  public float[] read(Executable executable, Buffer buffer, int rowCount) {
    return ((CpuExecutable) executable).contents(buffer, rowCount);
  }

  @ParameterizedTest
  @CsvSource({
    "1,1,1",
    "2,31,33",
    "16,32,32",
    "17,63,31",
    "33,64,64",
    "1,65,1000",
    "31,129,96",
    "65,896,130",
    "600,200,40",
    "5,4864,48"
  })
  void givenSizes_linear_isTheRoundedProduct(int rows, int width, int outWidth) {
    float[] input = bf16(InMemoryWeights.uniform(rows, 3, rows * width));
    InMemoryWeights weights = InMemoryWeights.random("w", DType.BF16, width, 0.3f, outWidth, width);
    float[] actual = run(input, rows, weights, outWidth);
    float[] left = new float[width];
    float[] right = new float[width];
    for (int r = 0; r < rows; r++) {
      float leftScale = quantize(input, r * width, left, false);
      for (int n = 0; n < outWidth; n++) {
        float rightScale = quantize(weights.values(), n * width, right, true);
        long sum = 0;
        for (int k = 0; k < width; k++) {
          sum += (long) left[k] * (long) right[k];
        }
        assertThat(actual[r * outWidth + n])
            .as("%d x %d, row %d, column %d", rows, width, r, n)
            .isEqualTo(sum * (leftScale * rightScale));
      }
    }
  }

  @Test
  void givenZerosAndWhatIsNotFinite_linear_keepsThemToTheirRows() {
    float[] input = new float[5 * 64];
    Arrays.fill(input, 64, 128, 1);
    Arrays.fill(input, 128, 256, 2);
    input[130] = Float.NaN;
    input[200] = Float.POSITIVE_INFINITY;
    Arrays.fill(input, 256, 320, 0x1p-140f);
    float[] ones = new float[64];
    Arrays.fill(ones, 1);
    InMemoryWeights weights = InMemoryWeights.of("w", DType.BF16, ones, 1, 64);
    assertThat(run(input, 5, weights, 1))
        .containsExactly(new float[] {0, 64, Float.NaN, Float.NaN, 0});
  }

  @Test
  void givenFloat32_pack_refuses() {
    try (Backend backend = backend()) {
      LinearSpec spec = spec(InMemoryWeights.random("w", DType.F32, 1, 1, 2, 8));
      assertThatThrownBy(() -> backend.pack(spec, DType.F32))
          .isInstanceOf(EngineException.class)
          .hasMessage("quantization=int8 needs dtype=bfloat16");
    }
  }

  private float[] run(float[] input, int rows, InMemoryWeights weights, int outWidth) {
    try (OpBench bench = new OpBench(this, rows)) {
      Buffer in = bench.input(DType.BF16, input);
      Buffer out = bench.output(DType.F32, outWidth);
      Op op = new Op.Linear("linear", out, in, bench.backend().pack(spec(weights), DType.BF16));
      return bench.op(op).run(out);
    }
  }

  private static LinearSpec spec(InMemoryWeights weights) {
    return new LinearSpec(
        "linear", List.of(weights), Arrays.asList((WeightSource) null), Epilogue.STORE);
  }

  private static float[] bf16(float[] values) {
    return InMemoryWeights.of("rounded", DType.BF16, values, values.length).values();
  }

  /** Rounds a row to -127..127 and gives its scale; weights by division, inputs by a factor. */
  private static float quantize(float[] values, int offset, float[] target, boolean isWeight) {
    float magnitude = 0;
    for (int k = 0; k < target.length; k++) {
      magnitude = Math.max(magnitude, Math.abs(values[offset + k]));
    }
    float scale = magnitude / 127;
    for (int k = 0; k < target.length; k++) {
      float value = values[offset + k];
      target[k] = (float) Math.rint(isWeight ? value / scale : value * (127 / magnitude));
    }
    return scale;
  }
}
