// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The part of the contract about linear layers, against sums in f64. */
interface LinearContract extends BackendUnderTest {

  @ParameterizedTest
  @CsvSource({
    "1,1,1",
    "1,2,3",
    "2,3,7",
    "3,7,31",
    "7,31,32",
    "31,32,33",
    "32,33,127",
    "33,127,128",
    "127,128,129",
    "128,129,33",
    "129,64,2",
    "1,1000,1000",
    "2,1000,7",
    "1000,3,1",
    "5,256,96"
  })
  default void givenSizes_linear_isTheSumOfProducts(int rows, int width, int outWidth) {
    for (DType dtype : dtypes()) {
      LinearCase linear = new LinearCase(rows, width, Epilogue.STORE, dtype, dtype, outWidth);
      linear.check(this);
    }
  }

  @ParameterizedTest
  @EnumSource(Epilogue.class)
  default void givenEpilogue_linear_appliesIt(Epilogue epilogue) {
    for (DType dtype : dtypes()) {
      new LinearCase(5, 48, epilogue, dtype, dtype, 32, 32).withBias(0).withBias(1).check(this);
      new LinearCase(1, 33, epilogue, dtype, dtype, 17, 17).check(this);
      new LinearCase(33, 64, epilogue, dtype, dtype, 130).withBias(0).check(this);
    }
  }

  @Test
  default void givenSomeMembersWithBias_linear_addsOnlyThese() {
    new LinearCase(3, 64, Epilogue.STORE, DType.F32, DType.F32, 64, 16, 16)
        .withBias(0)
        .withBias(2)
        .check(this);
    new LinearCase(3, 64, Epilogue.ADD, DType.F32, DType.BF16, 7, 33, 2).withBias(1).check(this);
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16", "F16"})
  default void givenWeightType_linear_readsItExactly(DType weights) {
    new LinearCase(4, 129, Epilogue.STORE, DType.F32, weights, 65).check(this);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 31, 33, 64})
  default void givenRowAloneOrAmongOthers_linear_givesTheSameBits(int rows) {
    for (DType dtype : dtypes()) {
      for (Epilogue epilogue : Epilogue.values()) {
        LinearCase many = new LinearCase(rows, 96, epilogue, dtype, dtype, 80, 80).withBias(0);
        float[] together = many.run(this);
        for (int row : new int[] {0, rows / 2, rows - 1}) {
          int width = together.length / rows;
          assertThat(many.run(this, row))
              .as("%s %s row %d of %d", dtype, epilogue, row, rows)
              .isEqualTo(Arrays.copyOfRange(together, row * width, (row + 1) * width));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {17, 64})
  default void givenWideRowAloneOrAmongOthers_linear_givesTheSameBits(int rows) {
    for (DType dtype : dtypes()) {
      // Wide enough for backends that cut sums into parts.
      LinearCase many = new LinearCase(rows, 4136, Epilogue.STORE, dtype, dtype, 24);
      float[] together = many.run(this);
      for (int row : new int[] {0, rows - 1}) {
        assertThat(many.run(this, row))
            .as("%s row %d of %d", dtype, row, rows)
            .isEqualTo(Arrays.copyOfRange(together, row * 24, (row + 1) * 24));
      }
    }
  }

  @Test
  default void givenZerosAndLargeValues_linear_staysExact() {
    // Rows: zeros; -0; one large among zeros; values whose sum cancels.
    float[] input = {0, 0, 0, -0f, -0f, -0f, 1e30f, 0, 0, 4, -4, 1};
    float[] weights = {1, 1, 0.5f, 1e-30f, 2, 3};
    try (OpBench bench = new OpBench(this, 4)) {
      Buffer in = bench.input(DType.F32, input);
      Buffer out = bench.output(DType.F32, 2);
      PackedLinear packed =
          bench
              .backend()
              .pack(
                  spec(
                      Epilogue.STORE,
                      List.of(InMemoryWeights.of("w", DType.F32, weights, 2, 3)),
                      Arrays.asList((WeightSource) null)),
                  DType.F32);
      // 4 * 1 - 4 * 1 + 0.5 = 0.5; 4e-30 - 8 + 3 = -5.
      assertThat(bench.op(new Op.Linear("linear", out, in, packed)).run(out))
          .containsExactly(new float[] {0, 0, 0, 0, 1e30f, 1e30f * 1e-30f, 0.5f, -5});
    }
  }

  @Test
  default void givenMembersOfDifferentWidth_pack_refuses() {
    try (Backend backend = backend()) {
      List<WeightSource> members =
          List.of(
              InMemoryWeights.random("a", DType.F32, 1, 1, 2, 8),
              InMemoryWeights.random("b", DType.F32, 2, 1, 2, 7));
      LinearSpec spec = spec(Epilogue.STORE, members, Arrays.asList(null, null));
      assertThatThrownBy(() -> backend.pack(spec, DType.F32))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static LinearSpec spec(
      Epilogue epilogue, List<WeightSource> members, List<WeightSource> biases) {
    return new LinearSpec("linear", members, biases, epilogue);
  }

  /** One linear with random inputs, and what must come out of it. */
  final class LinearCase {

    private final int rows;
    private final int width;
    private final Epilogue epilogue;
    private final DType dtype;
    private final DType weightType;
    private final int[] memberRows;
    private final List<WeightSource> members = new ArrayList<>();
    private final List<WeightSource> biases = new ArrayList<>();
    private final float[] input;
    private final float[] residual;

    LinearCase(
        int rows, int width, Epilogue epilogue, DType dtype, DType weightType, int... memberRows) {
      this.rows = rows;
      this.width = width;
      this.epilogue = epilogue;
      this.dtype = dtype;
      this.weightType = weightType;
      this.memberRows = memberRows;
      float scale = (float) Math.sqrt(3.0 / width);
      for (int m = 0; m < memberRows.length; m++) {
        long seed = 31L * width + m;
        members.add(InMemoryWeights.random("w" + m, weightType, seed, scale, memberRows[m], width));
        biases.add(null);
      }
      this.input = Expected.rounded(InMemoryWeights.uniform(rows, 2, rows * width), dtype);
      int outWidth = spec(epilogue, members, biases).outputWidth();
      this.residual = InMemoryWeights.uniform(rows + 1, 2, rows * outWidth);
    }

    LinearCase withBias(int member) {
      if (member < memberRows.length) {
        biases.set(
            member,
            InMemoryWeights.random("b" + member, weightType, member, 1, memberRows[member]));
      }
      return this;
    }

    void check(BackendUnderTest under) {
      double[] expected = Expected.linear(spec(epilogue, members, biases), input, rows, residual);
      under
          .tolerance(dtype)
          .check(run(under), expected, rows + "x" + width + " " + epilogue + " " + dtype);
    }

    float[] run(BackendUnderTest under) {
      return run(under, rows, input, residual);
    }

    float[] run(BackendUnderTest under, int row) {
      int outWidth = residual.length / rows;
      return run(
          under,
          1,
          Arrays.copyOfRange(input, row * width, (row + 1) * width),
          Arrays.copyOfRange(residual, row * outWidth, (row + 1) * outWidth));
    }

    private float[] run(BackendUnderTest under, int count, float[] in, float[] residualIn) {
      LinearSpec spec = spec(epilogue, members, biases);
      try (OpBench bench = new OpBench(under, count)) {
        Buffer inBuffer = bench.input(dtype, in);
        // The residual stream is always f32.
        Buffer outBuffer =
            epilogue == Epilogue.ADD
                ? bench.input(DType.F32, residualIn)
                : bench.output(dtype, spec.outputWidth());
        PackedLinear packed = bench.backend().pack(spec, weightType);
        return bench.op(new Op.Linear("linear", outBuffer, inBuffer, packed)).run(outBuffer);
      }
    }
  }
}
