// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The part of the contract about ops that copy or norm single rows. */
interface RowContract extends BackendUnderTest {

  @ParameterizedTest
  @CsvSource({
    "1,1", "2,2", "3,3", "7,7", "31,31", "32,32", "33,33", "1,127", "127,128", "128,129", "129,64",
    "1000,8", "2,1000"
  })
  default void givenSizes_rmsNorm_dividesByTheRootOfTheMeanSquare(int rows, int width) {
    for (DType dtype : dtypes()) {
      float[] input = Expected.rounded(InMemoryWeights.uniform(width, 2, rows * width), dtype);
      InMemoryWeights weight = InMemoryWeights.random("norm", DType.BF16, rows, 1, width);
      double[] expected = Expected.rmsNorm(input, weight.values(), 0, 1e-5f);
      tolerance(dtype)
          .check(norm(rows, dtype, input, weight, 0), expected, rows + "x" + width + " " + dtype);
    }
  }

  @Test
  default void givenOffset_rmsNorm_addsItToTheWeights() {
    float[] input = InMemoryWeights.uniform(4, 3, 5 * 48);
    InMemoryWeights weight = InMemoryWeights.random("norm", DType.F32, 5, 1, 48);
    double[] expected = Expected.rmsNorm(input, weight.values(), 1, 1e-5f);
    tolerance(DType.F32).check(norm(5, DType.F32, input, weight, 1), expected, "offset 1");
  }

  @Test
  default void givenZerosAndLargeRows_rmsNorm_staysFinite() {
    float[] input = new float[3 * 32];
    Arrays.fill(input, 32, 64, 1e18f);
    Arrays.fill(input, 64, 96, -0f);
    InMemoryWeights weight = InMemoryWeights.of("norm", DType.F32, ones(32), 32);
    double[] expected = new double[3 * 32];
    Arrays.fill(expected, 32, 64, 1);
    tolerance(DType.F32).check(norm(3, DType.F32, input, weight, 0), expected, "extremes");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 33, 128})
  default void givenRowAloneOrAmongOthers_rmsNorm_givesTheSameBits(int rows) {
    InMemoryWeights weight = InMemoryWeights.random("norm", DType.F32, 8, 1, 100);
    float[] input = InMemoryWeights.uniform(rows, 2, rows * 100);
    float[] together = norm(rows, DType.F32, input, weight, 0);
    for (int row : new int[] {0, rows / 2, rows - 1}) {
      float[] alone = Arrays.copyOfRange(input, row * 100, (row + 1) * 100);
      assertThat(norm(1, DType.F32, alone, weight, 0))
          .isEqualTo(Arrays.copyOfRange(together, row * 100, (row + 1) * 100));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "F16"})
  default void givenTable_embed_copiesRowsTimesScale(DType dtype) {
    InMemoryWeights table = InMemoryWeights.random("table", dtype, 3, 1, 40, 33);
    float[] values = table.values();
    int[] ids = {39, 0, 7, 7, 20};
    float[] actual = embed(table, dtype, 1.5f, new TestSequence(0, 5, ids), 0, 5);
    float[] expected = new float[ids.length * 33];
    for (int i = 0; i < expected.length; i++) {
      expected[i] = values[ids[i / 33] * 33 + i % 33] * 1.5f;
    }
    assertThat(actual).isEqualTo(expected);
  }

  @Test
  default void givenTokenOfASlot_embed_readsItsLastToken() {
    InMemoryWeights table = InMemoryWeights.random("table", DType.F32, 3, 1, 40, 8);
    TestSequence sequence = new TestSequence(3, 2, 11, 5, 29).appendFromSlot();
    // Tokens 11, 5, 29 are known; the fourth stands for the last of them.
    assertThat(embed(table, DType.F32, 1, sequence, 3, 1))
        .isEqualTo(Arrays.copyOfRange(table.values(), 29 * 8, 30 * 8));
  }

  private float[] embed(
      InMemoryWeights table, DType dtype, float scale, TestSequence sequence, int done, int count) {
    try (Backend backend = backend()) {
      Program.Builder program = Program.builder((int) table.shape()[0]);
      int width = (int) table.shape()[1];
      Buffer out = program.buffer("out", Buffer.Rows.TOKENS, width, DType.F32);
      program.body(new Op.Embed("embed", out, backend.packTable(table, dtype), scale));
      Capacity capacity = new Capacity(8, 4, 8, 8, 1);
      try (Executable executable = backend.compile(program.build(), capacity)) {
        sequence.pages(0).computedCount = done;
        executable.launch(new TestSteps(capacity).add(sequence, count).build());
        executable.await();
        return read(executable, out, count);
      }
    }
  }

  @Test
  default void givenLogitRows_gather_picksTheirTokens() {
    InMemoryWeights table = InMemoryWeights.random("table", DType.F32, 3, 1, 40, 16);
    try (Backend backend = backend()) {
      Program.Builder program = Program.builder(40);
      Buffer in = program.buffer("in", Buffer.Rows.TOKENS, 16, DType.F32);
      Buffer out = program.buffer("out", Buffer.Rows.LOGIT_ROWS, 16, DType.F32);
      program.body(new Op.Embed("embed", in, backend.packTable(table, DType.F32), 1));
      program.head(new Op.Gather("gather", out, in));
      Capacity capacity = new Capacity(8, 4, 8, 8, 2);
      try (Executable executable = backend.compile(program.build(), capacity)) {
        TestSequence a = new TestSequence(0, 3, 4, 9, 31).pages(1);
        TestSequence b = new TestSequence(2, 2, 38, 2).pages(0);
        a.scoreAt(1, 0, 0).scoreAt(2, 0, 0).scoreAt(2, 1, 0);
        b.scoreAt(0, 0, 0);
        executable.launch(new TestSteps(capacity).add(a, 3).add(b, 2).build());
        executable.await();
        float[] values = table.values();
        float[] expected = new float[4 * 16];
        int[] tokens = {9, 31, 31, 38};
        for (int r = 0; r < tokens.length; r++) {
          System.arraycopy(values, tokens[r] * 16, expected, r * 16, 16);
        }
        assertThat(read(executable, out, 4)).isEqualTo(expected);
      }
    }
  }

  private float[] norm(int rows, DType dtype, float[] input, InMemoryWeights weight, float offset) {
    try (OpBench bench = new OpBench(this, rows)) {
      Buffer in = bench.input(dtype, input);
      Buffer out = bench.output(dtype, input.length / rows);
      PackedVector packed = bench.backend().packVector(weight, offset);
      return bench.op(new Op.RmsNorm("norm", out, in, packed, 1e-5f)).run(out);
    }
  }

  private static float[] ones(int count) {
    float[] values = new float[count];
    Arrays.fill(values, 1);
    return values;
  }
}
