// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Embedding and gather, each against a few lines of Java. */
final class RowKernelsTest {

  @ParameterizedTest
  @ValueSource(ints = {EmulatedGpu.SM_75, EmulatedGpu.CHECKED_SM_80, EmulatedGpu.SM_90})
  void givenEveryWidthAndType_embed_roundsScaledRowsAndNotesTokens(int device) {
    try (KernelBench bench = new KernelBench(device)) {
      for (int width : TestRows.WIDTHS) {
        for (ElementType from : TestRows.TYPES) {
          for (ElementType to : TestRows.TYPES) {
            checkEmbed(bench, width, from, to);
          }
        }
      }
    }
  }

  private static void checkEmbed(KernelBench bench, int width, ElementType from, ElementType to) {
    int stride = TestRows.stride(width);
    float[] table = TestRows.rows(5, width, stride, 0, width);
    // Tokens 4, the last of slot 2 (which is 1), 0; the fourth row of the grid is none.
    int[] ids = {4, 1, 0};
    DeviceMemory out = to.upload(bench, TestRows.filled(4 * stride));
    // A fence lies where a place of -1 would be.
    DeviceMemory pageTokens = bench.ints(9, 9, 9, 9, 9, 9, 9);
    DeviceMemory tables = from.upload(bench, table);
    DeviceMemory header = bench.ints(3, 1);
    DeviceMemory tokens = bench.ints(4, -3, 0);
    DeviceMemory last = bench.ints(7, 7, 1);
    DeviceMemory slots = bench.ints(5, -1, 2);
    bench.run(
        "embed",
        Dim3.of(4),
        128,
        a ->
            a.pointer("out", out)
                .int32("outType", to.code())
                .int64("outStride", stride)
                .pointer("table", tables)
                .int32("tableType", from.code())
                .int64("tableStride", stride)
                .int32("width", width)
                .float32("scale", 1.7f)
                .pointer("header", header)
                .pointer("tokenIds", tokens)
                .pointer("lastTokens", last)
                .pointer("slotMapping", slots)
                .pointer("pageTokens", pageTokens.slice(Integer.BYTES, 6 * Integer.BYTES)));
    float[] expected = TestRows.filled(4 * stride);
    for (int t = 0; t < ids.length; t++) {
      for (int i = 0; i < width; i++) {
        expected[t * stride + i] = to.round(from.round(table[ids[t] * stride + i]) * 1.7f);
      }
    }
    assertThat(to.read(bench, out)).as("width %s, %s to %s", width, from, to).isEqualTo(expected);
    assertThat(bench.readInts(pageTokens)).containsExactly(9, 9, 9, 0, 9, 9, 4);
  }

  @ParameterizedTest
  @ValueSource(ints = {EmulatedGpu.SM_75, EmulatedGpu.CHECKED_SM_80, EmulatedGpu.SM_90})
  void givenRowsOfAHeadBlock_gather_copiesTheirTokens(int device) {
    try (KernelBench bench = new KernelBench(device)) {
      for (int width : TestRows.WIDTHS) {
        for (ElementType from : TestRows.TYPES) {
          for (ElementType to : TestRows.TYPES) {
            checkGather(bench, width, from, to);
          }
        }
      }
    }
  }

  private static void checkGather(KernelBench bench, int width, ElementType from, ElementType to) {
    int stride = TestRows.stride(width);
    float[] input = TestRows.rows(4, width, stride, 1, width);
    DeviceMemory in = from.upload(bench, input);
    DeviceMemory out = to.upload(bench, TestRows.filled(3 * stride));
    // Five logit rows in the step, of which the block begins at the fourth.
    DeviceMemory header = bench.ints(4, 1, 0, 5);
    DeviceMemory logitRows = bench.ints(0, 0, 0, 3, 1);
    bench.run(
        "gather",
        Dim3.of(3),
        128,
        a ->
            a.pointer("out", out)
                .int32("outType", to.code())
                .int64("outStride", stride)
                .pointer("in", in)
                .int32("inType", from.code())
                .int64("inStride", stride)
                .int32("width", width)
                .pointer("header", header)
                .int32("rowStart", 3)
                .pointer("logitRows", logitRows));
    float[] expected = TestRows.filled(3 * stride);
    for (int i = 0; i < width; i++) {
      expected[i] = to.round(from.round(input[3 * stride + i]));
      expected[stride + i] = to.round(from.round(input[stride + i]));
    }
    assertThat(to.read(bench, out)).as("width %s, %s to %s", width, from, to).isEqualTo(expected);
  }

  @Test
  void givenEveryBitPatternOfF16AndAllKindsOfF32_gather_convertsAsIeeeSays() {
    float[] values = new float[3 << 16];
    Random random = new Random(5);
    for (int i = 0; i < 1 << 16; i++) {
      values[i] = HalfFloats.f16ToFloat((short) i);
      // Halfway between two f16, and anything.
      values[(1 << 16) + i] = Math.nextUp(values[i]) * 1.00048828125f;
      values[(2 << 16) + i] = Float.intBitsToFloat(random.nextInt());
    }
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
      for (ElementType from : TestRows.TYPES) {
        for (ElementType to : TestRows.TYPES) {
          DeviceMemory in = from.upload(bench, values);
          DeviceMemory out = bench.filled((long) values.length * to.bytes(), 0);
          DeviceMemory header = bench.ints(1, 1, 0, 1);
          DeviceMemory rows = bench.ints(0);
          bench.run(
              "gather",
              Dim3.of(1),
              128,
              a ->
                  a.pointer("out", out)
                      .int32("outType", to.code())
                      .int64("outStride", values.length)
                      .pointer("in", in)
                      .int32("inType", from.code())
                      .int64("inStride", values.length)
                      .int32("width", values.length)
                      .pointer("header", header)
                      .int32("rowStart", 0)
                      .pointer("logitRows", rows));
          float[] actual = to.read(bench, out);
          for (int i = 0; i < values.length; i++) {
            // Compares NaN as NaN, and tells the zeros apart.
            assertThat(Float.floatToIntBits(actual[i]))
                .as("%s from %s to %s", values[i], from, to)
                .isEqualTo(Float.floatToIntBits(to.round(from.round(values[i]))));
          }
        }
      }
    }
  }
}
