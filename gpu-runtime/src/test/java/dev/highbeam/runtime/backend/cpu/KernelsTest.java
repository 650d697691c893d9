// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.HalfFloats;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plain loops against vectors: every bit alike, and right against a sum in the written order. */
final class KernelsTest {

  /** The last four: two ties of bf16, and two NaN that rounding would carry over into zero. */
  private static final float[] SPECIAL = {
    0f,
    -0f,
    1e-40f,
    -1e-40f,
    3e38f,
    -3e38f,
    1e-20f,
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.intBitsToFloat(0x3f808000),
    Float.intBitsToFloat(0x3f818000),
    Float.intBitsToFloat(0x7fffffff),
    Float.intBitsToFloat(0xffffffff)
  };

  private final Kernels plain = new PlainKernels();
  private final Kernels simd = new SimdKernels();
  private final SplittableRandom random = new SplittableRandom(11);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 31, 32, 33, 127, 128, 129, 1000})
  void givenDepth_multiply_isOneChainPerSum(int depth) {
    for (int rows = 1; rows <= Product.ROWS; rows++) {
      float[] x = floats(Product.ROWS * (depth + 3) + 5, 2);
      float[] weights = floats((depth + 1) * 37 + 9, 2);
      float[] sums = floats(Product.ROWS * 41 + 7, 2);
      Product product = new Product();
      product.rows = rows;
      product.depth = depth;
      product.x = x;
      product.xOffset = 5;
      product.xStride = depth + 3;
      product.weights = weights;
      product.weightOffset = 9;
      product.weightStride = 37;
      product.sumOffset = 7;
      product.sumStride = 41;
      float[] expected = sums.clone();
      for (int r = 0; r < rows; r++) {
        for (int n = 0; n < Product.COLUMNS; n++) {
          float sum = sums[7 + r * 41 + n];
          for (int k = 0; k < depth; k++) {
            sum = Math.fma(x[5 + r * (depth + 3) + k], weights[9 + k * 37 + n], sum);
          }
          expected[7 + r * 41 + n] = sum;
        }
      }
      for (Kernels kernels : List.of(plain, simd)) {
        product.sums = sums.clone();
        kernels.multiply(product);
        checkRows(product, expected, kernels.describe() + " " + rows + " rows");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 31, 32, 33, 127, 128, 129, 1000})
  void givenWordsOfPairs_multiplyBf16_isMultiplyOverWidenedWeights(int depth) {
    int[] words = random.ints(depth * Product.HALF + 3).map(KernelsTest::finitePair).toArray();
    float[] weights = new float[depth * Product.COLUMNS];
    for (int i = 0; i < depth * Product.HALF; i++) {
      int k = i / Product.HALF;
      int column = k * Product.COLUMNS + i % Product.HALF;
      weights[column] = HalfFloats.bf16ToFloat((short) words[3 + i]);
      weights[column + Product.HALF] = HalfFloats.bf16ToFloat((short) (words[3 + i] >>> 16));
    }
    for (int rows = 1; rows <= Product.ROWS; rows++) {
      Product product = new Product();
      product.rows = rows;
      product.depth = depth;
      product.x = floats(Product.ROWS * depth, 2);
      product.xStride = depth;
      product.sums = new float[Product.ROWS * Product.COLUMNS];
      product.sumStride = Product.COLUMNS;
      product.weights = weights;
      product.weightStride = Product.COLUMNS;
      plain.multiply(product);
      float[] expected = product.sums;
      product.words = words;
      product.weightOffset = 3;
      product.weightStride = Product.HALF;
      for (Kernels kernels : List.of(plain, simd)) {
        product.sums = new float[Product.ROWS * Product.COLUMNS];
        kernels.multiplyBf16(product);
        checkRows(product, expected, kernels.describe() + " " + rows + " rows");
      }
    }
  }

  /** Bf16 values of moderate size in both halves. */
  private static int finitePair(int bits) {
    return bits & 0xbfffbfff;
  }

  private static void checkRows(Product product, float[] expected, String what) {
    for (int r = 0; r < product.rows; r++) {
      int from = product.sumOffset + r * product.sumStride;
      assertThat(Arrays.copyOfRange(product.sums, from, from + Product.COLUMNS))
          .as("%s, row %d", what, r)
          .isEqualTo(Arrays.copyOfRange(expected, from, from + Product.COLUMNS));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 127, 128, 129, 1000})
  void givenCount_elementwiseKernels_giveTheSameBits(int count) {
    float[] x = floats(count + 3, 100);
    for (int i = 0; i < count; i += 3) {
      x[3 + i] = SPECIAL[i / 3 % SPECIAL.length];
    }
    float[] lanes = new float[Kernels.LANES];
    checkSame(x, (kernels, y) -> kernels.roundToBf16(y, 3, count));
    float[] rounded = x.clone();
    simd.roundToBf16(rounded, 3, count);
    for (int i = 0; i < x.length; i++) {
      float expected = i < 3 ? x[i] : HalfFloats.roundToBf16(x[i]);
      assertThat(Float.floatToIntBits(rounded[i])).isEqualTo(Float.floatToIntBits(expected));
    }
    float[] finite = floats(count + 3, 100);
    checkEqual(kernels -> kernels.sumOfSquares(finite, 3, count, lanes));
    short[] halves = new short[2 * count + 9];
    for (int i = 0; i < halves.length; i++) {
      halves[i] = (short) random.nextInt();
    }
    Strips strips = new Strips();
    strips.stripCount = 2;
    strips.length = count;
    strips.sourceOffset = 5;
    strips.sourceStride = count + 1;
    strips.targetOffset = 1;
    strips.targetStride = count + 2;
    checkSame(new float[2 * count + 5], (kernels, y) -> kernels.widen(halves, y, strips));
    float[] source = floats(2 * count + 9, 2);
    checkSame(new float[2 * count + 5], (kernels, y) -> kernels.copy(source, y, strips));
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 32, 48, 128, 1008})
  void givenScores_softmaxKernels_giveTheSameBits(int count) {
    float[] x = floats(count + 5, 40);
    x[7] = Float.NEGATIVE_INFINITY;
    float[] lanes = new float[Kernels.LANES];
    checkEqual(kernels -> kernels.max(x, 5, count));
    checkSame(x, (kernels, y) -> kernels.softCap(y, 5, count, 20f));
    checkSame(x, (kernels, y) -> kernels.exponentials(y, 5, count, 40f, lanes));
    checkEqual(kernels -> kernels.exponentials(x.clone(), 5, count, 40f, lanes));
    float[] zeros = new float[count];
    assertThat(plain.exponentials(zeros, 0, count, 0f, lanes)).isEqualTo(count);
  }

  @Test
  void givenGates_gate_givesTheSameBits() {
    for (Epilogue epilogue : List.of(Epilogue.GATED_SILU, Epilogue.GATED_GELU_TANH)) {
      for (int rows = 1; rows <= Product.ROWS; rows++) {
        int gated = rows;
        float[] sums = floats(Product.ROWS * Product.COLUMNS, 30);
        checkSame(sums, (kernels, y) -> kernels.gate(y, gated, epilogue));
        float[] actual = sums.clone();
        simd.gate(actual, rows, epilogue);
        int last = (rows - 1) * Product.COLUMNS + Product.HALF - 1;
        float gate = sums[last];
        float activated =
            epilogue == Epilogue.GATED_SILU ? PortableMath.silu(gate) : PortableMath.geluTanh(gate);
        assertThat(actual[last]).isEqualTo(activated * sums[last + Product.HALF]);
      }
    }
  }

  private void checkSame(float[] x, InPlace call) {
    float[] expected = x.clone();
    float[] actual = x.clone();
    call.run(plain, expected);
    call.run(simd, actual);
    assertThat(actual).isEqualTo(expected);
  }

  private void checkEqual(Function<Kernels, Float> call) {
    assertThat(call.apply(simd)).isEqualTo(call.apply(plain));
  }

  private float[] floats(int count, float scale) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1) * scale;
    }
    return values;
  }

  private interface InPlace {
    void run(Kernels kernels, float[] y);
  }
}
