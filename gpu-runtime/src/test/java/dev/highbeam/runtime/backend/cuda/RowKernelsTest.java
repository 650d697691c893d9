// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Embedding, gather, norm and slots, each against a few lines of Java. */
final class RowKernelsTest {

  private static final List<ElementType> ACTIVATIONS =
      List.of(ElementType.F32, ElementType.BF16, ElementType.F16);

  /** What memory holds that nothing may write. */
  private static final float UNTOUCHED = 77;

  private static final int[] WIDTHS = {1, 2, 7, 8, 9, 31, 33, 127, 128, 129, 1000, 2304, 4099};

  @ParameterizedTest
  @ValueSource(ints = {EmulatedGpu.SM_75, EmulatedGpu.CHECKED_SM_80, EmulatedGpu.SM_90})
  void givenEveryWidthAndType_embed_roundsScaledRowsAndNotesTokens(int device) {
    try (KernelBench bench = new KernelBench(device)) {
      for (int width : WIDTHS) {
        for (ElementType from : ACTIVATIONS) {
          for (ElementType to : ACTIVATIONS) {
            checkEmbed(bench, width, from, to);
          }
        }
      }
    }
  }

  private static void checkEmbed(KernelBench bench, int width, ElementType from, ElementType to) {
    int stride = stride(width);
    float[] table = rows(5, width, stride, 0, width);
    // Tokens 4, the last of slot 2 (which is 1), 0; the fourth row of the grid is none.
    int[] ids = {4, 1, 0};
    DeviceMemory out = to.upload(bench, filled(4 * stride));
    DeviceMemory pageTokens = bench.ints(9, 9, 9, 9, 9, 9);
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
                .pointer("pageTokens", pageTokens));
    float[] expected = filled(4 * stride);
    for (int t = 0; t < ids.length; t++) {
      for (int i = 0; i < width; i++) {
        expected[t * stride + i] = to.round(from.round(table[ids[t] * stride + i]) * 1.7f);
      }
    }
    assertThat(to.read(bench, out)).as("width %s, %s to %s", width, from, to).isEqualTo(expected);
    assertThat(bench.readInts(pageTokens)).containsExactly(9, 9, 0, 9, 9, 4);
  }

  @ParameterizedTest
  @ValueSource(ints = {EmulatedGpu.SM_75, EmulatedGpu.CHECKED_SM_80, EmulatedGpu.SM_90})
  void givenRowsOfAHeadBlock_gather_copiesTheirTokens(int device) {
    try (KernelBench bench = new KernelBench(device)) {
      for (int width : WIDTHS) {
        for (ElementType from : ACTIVATIONS) {
          for (ElementType to : ACTIVATIONS) {
            checkGather(bench, width, from, to);
          }
        }
      }
    }
  }

  private static void checkGather(KernelBench bench, int width, ElementType from, ElementType to) {
    int stride = stride(width);
    float[] input = rows(4, width, stride, 1, width);
    DeviceMemory in = from.upload(bench, input);
    DeviceMemory out = to.upload(bench, filled(3 * stride));
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
    float[] expected = filled(3 * stride);
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
      values[i] = dev.highbeam.runtime.backend.HalfFloats.f16ToFloat((short) i);
      // Halfway between two f16, and anything.
      values[(1 << 16) + i] = Math.nextUp(values[i]) * 1.00048828125f;
      values[(2 << 16) + i] = Float.intBitsToFloat(random.nextInt());
    }
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
      for (ElementType from : ACTIVATIONS) {
        for (ElementType to : ACTIVATIONS) {
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

  @ParameterizedTest
  @ValueSource(ints = {EmulatedGpu.SM_75, EmulatedGpu.CHECKED_SM_80, EmulatedGpu.REVERSE_SM_80})
  void givenEveryWidthAndType_rmsNorm_dividesByTheRootOfTheMeanSquare(int device) {
    try (KernelBench bench = new KernelBench(device)) {
      for (int width : WIDTHS) {
        for (ElementType from : ACTIVATIONS) {
          for (ElementType to : ACTIVATIONS) {
            checkNorm(bench, width, from, to);
          }
        }
      }
    }
  }

  private static void checkNorm(KernelBench bench, int width, ElementType from, ElementType to) {
    int stride = stride(width);
    float[] input = rows(3, width, stride, 3, 50);
    float[] weight = rows(1, width, width, 4, 0);
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
        assertThat(actual[i]).as("place %s", i).isEqualTo(UNTOUCHED);
      }
    }
  }

  @Test
  void givenTheSameRowAnywhere_rmsNorm_givesTheSameBits() {
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
      int width = 1003;
      int stride = stride(width);
      float[] input = rows(4, width, stride, 8, 1e30f);
      float[] weight = rows(1, width, width, 9, 0);
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
    int stride = stride(width);
    DeviceMemory in = from.upload(bench, input);
    DeviceMemory out = to.upload(bench, filled(grid * stride));
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

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5})
  void givenAssignments_assignSlots_fillsSlotsListsAndLastTokens(int blocks) {
    int listWords = 128 + 2 * 1024;
    int[] arena = new int[600];
    arena[8] = 3;
    arena[9] = 40;
    int at = 40;
    // Slots 2, 0, 3 with 2, 0, 128 end tokens and 1, 3, 0 biases.
    int[][] sizes = {{2, 2, 1}, {0, 0, 3}, {3, 128, 0}};
    int[] slots = filledInts(4 * 16);
    int[] lists = filledInts(4 * listWords);
    int[] last = filledInts(4);
    for (int[] size : sizes) {
      int slot = size[0];
      int words = 3 + 16 + size[1] + 2 * size[2];
      arena[at] = slot;
      arena[at + 1] = last[slot] = 1000 + slot;
      arena[at + 2] = words;
      for (int i = 0; i < 16; i++) {
        arena[at + 3 + i] = slots[slot * 16 + i] = 100 * slot + i;
      }
      arena[at + 3 + 12] = slots[slot * 16 + 12] = size[1];
      arena[at + 3 + 13] = slots[slot * 16 + 13] = size[2];
      for (int i = 0; i < size[1]; i++) {
        arena[at + 19 + i] = lists[slot * listWords + i] = 5000 + i;
      }
      for (int i = 0; i < size[2]; i++) {
        int from = at + 19 + size[1] + i;
        arena[from] = lists[slot * listWords + 128 + i] = 6000 + i;
        arena[from + size[2]] = lists[slot * listWords + 128 + 1024 + i] = 7000 + i;
      }
      at += words;
    }
    try (KernelBench bench = new KernelBench(EmulatedGpu.CHECKED_SM_80)) {
      DeviceMemory words = bench.ints(arena);
      DeviceMemory deviceSlots = bench.ints(filledInts(slots.length));
      DeviceMemory deviceLists = bench.ints(filledInts(lists.length));
      DeviceMemory deviceLast = bench.ints(filledInts(last.length));
      bench.run(
          "assign_slots",
          Dim3.of(blocks),
          128,
          a ->
              a.pointer("arena", words)
                  .pointer("slots", deviceSlots)
                  .pointer("slotLists", deviceLists)
                  .pointer("lastTokens", deviceLast));
      assertThat(bench.readInts(deviceSlots)).isEqualTo(slots);
      assertThat(bench.readInts(deviceLists)).isEqualTo(lists);
      assertThat(bench.readInts(deviceLast)).isEqualTo(last);
    }
  }

  private static int stride(int width) {
    return (width + 63) / 64 * 64;
  }

  /** Rows of random values; what lies between width and stride is given. */
  private static float[] rows(int count, int width, int stride, int seed, float padding) {
    Random random = new Random(seed);
    float[] values = new float[count * stride];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % stride < width ? (float) random.nextGaussian() : padding;
    }
    return values;
  }

  private static float[] filled(int count) {
    float[] values = new float[count];
    Arrays.fill(values, UNTOUCHED);
    return values;
  }

  private static int[] filledInts(int count) {
    int[] values = new int[count];
    Arrays.fill(values, -9);
    return values;
  }
}
