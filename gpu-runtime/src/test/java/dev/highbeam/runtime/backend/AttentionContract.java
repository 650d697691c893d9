// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The part of the contract about rotation, the KV cache and attention over its pages. */
interface AttentionContract extends BackendUnderTest {

  @ParameterizedTest
  @CsvSource({
    // query heads, kv heads, head dim, page size, tokens
    "1,1,8,1,1", "1,1,8,16,2", "2,2,16,8,3", "2,1,64,16,7", "3,1,80,16,31", "4,1,128,16,32",
    "5,1,16,8,33", "6,1,16,16,64", "7,1,8,1,65", "8,1,64,16,127", "16,2,8,8,128", "4,2,16,16,129",
    "6,2,80,8,33", "9,3,64,16,150"
  })
  default void givenShape_attention_isTheSoftmaxOverEarlierTokens(
      int queryHeads, int kvHeads, int headDim, int pageSize, int tokens) {
    AttentionSpec spec = spec(queryHeads, kvHeads, headDim, 0, 0);
    for (DType dtype : dtypes()) {
      for (DType kvType : kvTypes()) {
        // A quarter of the tokens are OUTPUT, in a step of their own kind.
        check(spec, rope(headDim, headDim, 1), dtype, kvType, pageSize, tokens);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 16, 17, 1000})
  default void givenWindow_attention_seesOnlyTheLastKeys(int window) {
    check(spec(4, 2, 16, window, 0), rope(16, 16, 1), DType.F32, DType.F32, 8, 70);
  }

  @ParameterizedTest
  @ValueSource(floats = {0.5f, 5, 50})
  default void givenSoftCap_attention_capsTheScores(float softCap) {
    check(spec(4, 2, 16, 0, softCap), rope(16, 16, 1), DType.F32, DType.F32, 16, 40);
    check(spec(2, 1, 64, 9, softCap), rope(64, 64, 1), DType.BF16, DType.BF16, 16, 40);
  }

  @Test
  default void givenSinks_attention_letsThemTakeWeight() {
    float[] sinks = {-2, 0, 1.5f, 4};
    for (int window : new int[] {0, 5}) {
      AttentionSpec spec = new AttentionSpec(4, 2, 64, 0.125f, window, 0, sinks);
      for (DType dtype : dtypes()) {
        check(spec, rope(64, 64, 1), dtype, dtype, 16, 40);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"16,8,1", "16,4,1.25", "80,20,1", "64,64,0.8"})
  default void givenPartialRotationOrAmplitude_ropeAppend_rotatesOnlyThose(
      int headDim, int rotaryDim, float amplitude) {
    check(
        spec(4, 2, headDim, 0, 0),
        rope(headDim, rotaryDim, amplitude),
        DType.F32,
        DType.F32,
        16,
        40);
  }

  @Test
  default void givenBf16Cache_attention_readsRoundedValues() {
    // One token alone has weight 1, so the values come back as the cache has them.
    AttentionSpec spec = spec(2, 2, 16, 0, 0);
    try (AttentionBench bench =
        new AttentionBench(this, spec, rope(16, 16, 1), DType.F32, DType.BF16, 16)) {
      TestSequence sequence = bench.sequence(1, 1, 1, 3);
      bench.run(bench.steps().add(sequence, 1), sequence);
      double[] expected = bench.expected(sequence)[0];
      float[] actual = bench.row(sequence, 0);
      for (int i = 0; i < expected.length; i++) {
        assertThat(actual[i]).isEqualTo((float) expected[i]);
        assertThat(HalfFloats.roundToBf16(actual[i])).isEqualTo(actual[i]);
      }
    }
  }

  private void check(
      AttentionSpec spec, RopeSpec rope, DType dtype, DType kvType, int pageSize, int tokens) {
    try (AttentionBench bench = new AttentionBench(this, spec, rope, dtype, kvType, pageSize)) {
      TestSequence sequence = bench.sequence(5, tokens - tokens / 4, tokens, 1);
      bench.run(bench.steps().add(sequence, tokens), sequence);
      double[][] expected = bench.expected(sequence);
      DType coarser = tolerance(kvType).absolute() > tolerance(dtype).absolute() ? kvType : dtype;
      for (int p = 0; p < tokens; p++) {
        String what = spec + " " + dtype + " " + kvType + " position " + p;
        tolerance(coarser).check(bench.row(sequence, p), expected[p], what);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 8, 16, 17, 33})
  default void givenPromptInChunks_attention_givesTheBitsOfTheWhole(int chunk) {
    for (DType dtype : dtypes()) {
      try (AttentionBench bench = bench(dtype, 0)) {
        TestSequence whole = bench.sequence(1, 70, 70, 0);
        bench.run(bench.steps().add(whole, 70), whole);
        float[][] expected = bench.rows(whole);
        TestSequence chunked = bench.sequence(1, 70, 70, 9);
        for (int begin = 0; begin < 70; begin += chunk) {
          bench.run(bench.steps().add(chunked, Math.min(chunk, 70 - begin)), chunked);
        }
        assertThat(bench.rows(chunked)).isDeepEqualTo(expected);
      }
    }
  }

  @Test
  default void givenOutputTokensRecomputed_attention_givesTheBitsOfOneByOne() {
    for (DType dtype : dtypes()) {
      for (int window : new int[] {0, 20}) {
        try (AttentionBench bench = bench(dtype, window)) {
          TestSequence first = bench.sequence(1, 30, 75, 0);
          bench.run(bench.steps().add(first, 30), first);
          for (int t = 30; t < 75; t++) {
            bench.run(bench.steps().add(first, 1), first);
          }
          float[][] expected = bench.rows(first);
          TestSequence again = bench.sequence(1, 30, 75, 11);
          // The second piece crosses the border of prompt and output.
          bench.run(bench.steps().add(again, 21), again);
          bench.run(bench.steps().add(again, 54), again);
          assertThat(bench.rows(again)).isDeepEqualTo(expected);
        }
      }
    }
  }

  @Test
  default void givenOtherSequencesAndOtherPages_attention_givesTheSameBits() {
    for (DType dtype : dtypes()) {
      try (AttentionBench bench = bench(dtype, 0)) {
        TestSequence alone = bench.sequence(1, 33, 50, 0);
        bench.run(bench.steps().add(alone, 33), alone);
        bench.run(bench.steps().add(alone, 17), alone);
        float[][] expected = bench.rows(alone);

        TestSequence among = bench.sequence(1, 33, 50, 0).pages(31, 7, 20, 0);
        TestSequence other = bench.sequence(2, 40, 60, 10).pages(3, 30, 2, 25);
        TestSequence third = bench.sequence(0, 5, 9, 12);
        bench.run(bench.steps().add(other, 20).add(among, 33).add(third, 5), among);
        bench.run(bench.steps().add(third, 4).add(other, 40).add(among, 17), among);
        assertThat(bench.rows(among)).isDeepEqualTo(expected);
      }
    }
  }

  @Test
  default void givenSharedPromptPages_attention_readsThemForBoth() {
    try (AttentionBench bench = bench(DType.F32, 0)) {
      TestSequence owner = bench.sequence(1, 40, 40, 0);
      bench.run(bench.steps().add(owner, 40), owner);
      // The second has the same first 32 tokens, hence the first two pages of 16, and its own rest.
      int[] tokens = AttentionBench.tokens(1, 40);
      tokens[35] = (tokens[35] + 1) % AttentionBench.VOCABULARY;
      TestSequence sharing = new TestSequence(2, 40, tokens).pages(0, 1, 9);
      sharing.computedCount = 32;
      bench.run(bench.steps().add(sharing, 8), sharing);
      double[][] expected = bench.expected(sharing);
      for (int p = 32; p < 40; p++) {
        tolerance(DType.F32).check(bench.row(sharing, p), expected[p], "position " + p);
      }
      assertThat(bench.row(sharing, 34)).isEqualTo(bench.row(owner, 34));
      assertThat(bench.row(sharing, 35)).isNotEqualTo(bench.row(owner, 35));
    }
  }

  private AttentionBench bench(DType dtype, int window) {
    return new AttentionBench(this, spec(4, 2, 16, window, 0), rope(16, 16, 1), dtype, dtype, 16);
  }

  private static AttentionSpec spec(
      int queryHeads, int kvHeads, int headDim, int window, float softCap) {
    float scale = (float) (1 / Math.sqrt(headDim));
    return new AttentionSpec(queryHeads, kvHeads, headDim, scale, window, softCap);
  }

  private static RopeSpec rope(int headDim, int rotaryDim, float amplitude) {
    float[] frequencies = new float[rotaryDim / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(10_000, -2.0 * i / headDim);
    }
    return new RopeSpec(rotaryDim, frequencies, amplitude);
  }
}
