// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The norm of rows against f64. */
final class NormKernelTest {

  @ParameterizedTest
  @ValueSource(ints = {EmulatedGpu.SM_75, EmulatedGpu.CHECKED_SM_80, EmulatedGpu.REVERSE_SM_80})
  void givenEveryWidthAndType_rmsNorm_dividesByTheRootOfTheMeanSquare(int device) {
    try (KernelBench bench = new KernelBench(device)) {
      for (int width : TestRows.WIDTHS) {
        for (ElementType from : TestRows.TYPES) {
          for (ElementType to : TestRows.TYPES) {
            checkNorm(bench, width, from, to);
          }
        }
      }
    }
  }

  private static void checkNorm(KernelBench bench, int width, ElementType from, ElementType to) {
    int stride = TestRows.stride(width);
    float[] input = TestRows.rows(3, width, stride, 3, 50);
    float[] weight = TestRows.rows(1, width, width, 4, 0);
    // Rows 2 and 3 of four: two to do, and a third of the grid without work.
    float[] actual = norm(bench, width, from, to, input, weight, 3, 4, 2);
    for (int row = 0; row < 2; row++) {
      double squares = 0;
      for (int i = 0; i < width; i++) {
        double x = from.round(input[row * stride + i]);
        squares += x * x;
      }
      double factor = 1 / Math.sqrt(squares / width + 1e-5);
      for (int i = 0; i < width; i++) {
        double exact = from.round(input[row * stride + i]) * factor * weight[i];
        double unit =
            to == ElementType.F32 ? 1e-6 : to == ElementType.BF16 ? 1 / 256.0 : 1 / 2048.0;
        assertThat((double) actual[row * stride + i])
            .as("width %s, %s to %s, row %s, column %s", width, from, to, row, i)
            .isCloseTo(exact, within(1e-7 + unit * Math.abs(exact)));
      }
    }
    for (int i = 0; i < actual.length; i++) {
      if (i / stride == 2 || i % stride >= width) {
        assertThat(actual[i]).as("place %s", i).isEqualTo(TestRows.UNTOUCHED);
      }
    }
  }

  @Test
  void givenTheSameRowAnywhere_rmsNorm_givesTheSameBits() {
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
      int width = 1003;
      int stride = TestRows.stride(width);
      float[] input = TestRows.rows(4, width, stride, 8, 1e30f);
      float[] weight = TestRows.rows(1, width, width, 9, 0);
      float[] together =
          norm(bench, width, ElementType.F32, ElementType.F32, input, weight, 4, 4, 0);
      for (int row = 0; row < 4; row++) {
        float[] one = Arrays.copyOfRange(input, row * stride, (row + 1) * stride);
        assertThat(norm(bench, width, ElementType.F32, ElementType.F32, one, weight, 1, 1, 0))
            .containsExactly(Arrays.copyOfRange(together, row * stride, (row + 1) * stride));
      }
    }
  }

  private static float[] norm(
      KernelBench bench,
      int width,
      ElementType from,
      ElementType to,
      float[] input,
      float[] weight,
      int grid,
      int count,
      int start) {
    int stride = TestRows.stride(width);
    DeviceMemory in = from.upload(bench, input);
    DeviceMemory out = to.upload(bench, TestRows.filled(grid * stride));
    DeviceMemory weights = bench.floats(weight);
    DeviceMemory counts = bench.ints(count);
    bench.run(
        "rms_norm",
        Dim3.of(grid),
        256,
        a ->
            a.pointer("out", out)
                .int32("outType", to.code())
                .int64("outStride", stride)
                .pointer("in", in)
                .int32("inType", from.code())
                .int64("inStride", stride)
                .pointer("weight", weights)
                .int32("width", width)
                .float32("epsilon", 1e-5f)
                .pointer("count", counts)
                .int32("countStart", start));
    return to.read(bench, out);
  }
}
