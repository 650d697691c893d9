// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static dev.highbeam.runtime.backend.TestSequence.params;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.sampling.PortableExp;
import dev.highbeam.runtime.sampling.SampledToken;
import dev.highbeam.runtime.sampling.Sampler;
import dev.highbeam.runtime.sampling.SequenceSampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The sampling kernels against {@link Sampler}: the same weights, so the same tokens. */
final class DeviceSamplingTest {

  private static final float INFINITY = Float.POSITIVE_INFINITY;

  @ParameterizedTest
  @CsvSource({
    "0, 1, 30",
    "1, 2, 60",
    "4, 3, 60",
    "3, 33, 80",
    "6, 128, 60",
    "1, 1000, 60",
    "4, 5000, 20",
    "3, 8192, 40",
    "1, 8193, 40",
    "6, 20011, 24",
    "0, 40000, 24",
    "5, 16385, 12"
  })
  void givenRandomRowsAndParameters_sample_choosesAsTheOracle(
      int device, int vocabulary, int rowCount) {
    Random random = new Random(vocabulary);
    List<SamplingBench.Row> rows = new ArrayList<>();
    for (int r = 0; r < rowCount; r++) {
      rows.add(randomRow(random, vocabulary));
    }
    try (KernelBench bench = new KernelBench(device)) {
      check(new SamplingBench(bench, vocabulary, rowCount + 1, 5), rows);
      // Three head blocks use one workspace; the last one is not full.
      check(new SamplingBench(bench, vocabulary, rowCount / 2 - 1, 2), rows);
    }
  }

  private static void check(SamplingBench sampling, List<SamplingBench.Row> rows) {
    for (int start = 0; start < rows.size(); start += sampling.rows()) {
      SamplingBench.Results results = sampling.run(rows, start);
      for (int r = 0; r < rows.size(); r++) {
        if (r >= start && r < start + sampling.rows()) {
          checkRow(rows.get(r), results, r);
        } else {
          assertThat(results.flags()[r]).as("row %s of another block", r).isEqualTo(0x55555555);
        }
      }
    }
    assertThat(sampling.isClean()).as("workspace and scratch are zero again").isTrue();
  }

  private static void checkRow(SamplingBench.Row row, SamplingBench.Results results, int r) {
    int vocabulary = row.logits().length;
    Sampler sampler = new Sampler(vocabulary);
    SampledToken expected = new SampledToken();
    if (row.target() >= 0) {
      sampler.score(row.logits(), 0, row.target(), row.alternatives(), expected);
    } else {
      SequenceSampling sequence =
          new SequenceSampling(
              row.params(),
              row.sampleIndex(),
              row.promptLength(),
              row.tokens(),
              row.tokens().length,
              row.endTokens(),
              vocabulary);
      sampler.sample(row.logits(), 0, sequence, row.tokens().length, row.alternatives(), expected);
    }
    String what = "row " + r + " of " + vocabulary + ": " + row.params().canonicalText();
    assertThat(results.tokenIds()[r]).as(what).isEqualTo(expected.tokenId());
    assertThat(results.last()[r])
        .as(what)
        .isEqualTo(row.target() >= 0 ? row.tokens()[row.tokens().length - 1] : expected.tokenId());
    assertThat((results.flags()[r] & 1) != 0).as(what).isEqualTo(expected.isNonFinite());
    if (expected.isNonFinite()) {
      assertThat(results.logprobs()[r]).as(what).isNaN();
      return;
    }
    boolean isUniform = vocabulary > 1;
    for (float logit : row.logits()) {
      isUniform &= logit == row.logits()[0];
    }
    assertThat(results.flags()[r]).as(what).isEqualTo(isUniform ? 2 : 0);
    assertClose(results.logprobs()[r], expected.logprob(), what);
    for (int j = 0; j < expected.alternativeCount(); j++) {
      assertThat(results.topIds()[20 * r + j]).as(what).isEqualTo(expected.topTokenId(j));
      assertClose(results.topLogprobs()[20 * r + j], expected.topLogprob(j), what);
    }
  }

  private static void assertClose(float actual, float expected, String what) {
    if (Float.isInfinite(expected)) {
      assertThat(actual).as(what).isEqualTo(expected);
    } else {
      // Logits of 1e30 have log-probabilities of that size.
      assertThat(actual).as(what).isCloseTo(expected, within(Math.max(2e-6f, Math.ulp(expected))));
    }
  }

  private static SamplingBench.Row randomRow(Random random, int vocabulary) {
    int[] tokens = new int[1 + random.nextInt(40)];
    // A few of the vocabulary, so that many come again.
    int distinct = Math.min(vocabulary, 1 + random.nextInt(20));
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = random.nextInt(distinct) * (vocabulary / distinct);
    }
    int[] ends = new int[random.nextInt(3)];
    Arrays.setAll(ends, i -> random.nextInt(vocabulary + 1));
    int alternatives = Math.max(0, random.nextInt(31) - 10);
    return new SamplingBench.Row(
        logits(random, vocabulary, ends),
        random.nextInt(5) == 0 ? random.nextInt(vocabulary) : -1,
        alternatives,
        randomParams(random, vocabulary),
        random.nextInt(3),
        1 + random.nextInt(tokens.length),
        tokens,
        ends);
  }

  private static float[] logits(Random random, int vocabulary, int[] ends) {
    float[] logits = new float[vocabulary];
    float spread = new float[] {0.01f, 1, 3, 10, 100}[random.nextInt(5)];
    float centre = new float[] {0, 0, 20, -1000}[random.nextInt(4)];
    int shape = random.nextInt(8);
    for (int i = 0; i < vocabulary; i++) {
      float x = centre + spread * (float) random.nextGaussian();
      logits[i] =
          switch (shape) {
            // Many equal ones, both zeros among them.
            case 0 -> Math.round(x) * (random.nextBoolean() ? 1f : -1f);
            case 1 -> centre;
            case 2 -> random.nextInt(4) == 0 ? x : -INFINITY;
            case 3 -> random.nextInt(vocabulary) == 0 ? Float.NaN : x;
            default -> x;
          };
    }
    if (shape == 4) {
      // The greatest one is an end token, which min_tokens may mask.
      for (int end : ends) {
        logits[Math.min(end, vocabulary - 1)] = centre + 10 * spread;
      }
    }
    if (shape == 5 && random.nextInt(4) == 0) {
      logits[random.nextInt(vocabulary)] = random.nextBoolean() ? INFINITY : Float.NaN;
    }
    return logits;
  }

  private static SamplingParams randomParams(Random random, int vocabulary) {
    List<Object> settings = new ArrayList<>();
    maybe(random, settings, SamplingSetting.TEMPERATURE, 0, 0, 0.3, 0.7, 2, 100, 1e-30);
    maybe(
        random,
        settings,
        SamplingSetting.TOP_K,
        1,
        2,
        5,
        50,
        vocabulary / 2,
        vocabulary - 1,
        vocabulary,
        vocabulary + 1);
    maybe(random, settings, SamplingSetting.TOP_P, 0.5, 0.9, 0.99, 0.999999, 1e-9);
    maybe(random, settings, SamplingSetting.MIN_P, 0.2, 1e-6, 1);
    maybe(random, settings, SamplingSetting.MIN_TOKENS, 3, 1000);
    maybe(random, settings, SamplingSetting.REPETITION_PENALTY, 1.7, 0.5);
    maybe(random, settings, SamplingSetting.FREQUENCY_PENALTY, 0.7, -0.3);
    maybe(random, settings, SamplingSetting.PRESENCE_PENALTY, 1.5, -2);
    settings.add(SamplingSetting.SEED);
    settings.add(random.nextLong());
    if (random.nextInt(4) == 0) {
      Map<Object, Object> biases = new LinkedHashMap<>();
      for (int i = 0; i < 1 + random.nextInt(20); i++) {
        biases.put(random.nextInt(vocabulary), 100 * random.nextDouble() - 50);
      }
      settings.add(SamplingSetting.LOGIT_BIAS);
      settings.add(biases);
    }
    return params(settings.toArray());
  }

  private static void maybe(
      Random random, List<Object> settings, SamplingSetting setting, Object... values) {
    if (random.nextInt(5) < 2) {
      Object value = values[random.nextInt(values.length)];
      if (setting == SamplingSetting.TOP_K && (Integer) value < 1) {
        return;
      }
      settings.add(setting);
      settings.add(value);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {EmulatedGpu.SM_75, EmulatedGpu.REVERSE_SM_80})
  void givenManyDrawsOfOneRow_sample_drawsEachAsTheOracle(int device) {
    int vocabulary = 3000;
    Random random = new Random(8);
    float[] logits = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      logits[i] = (float) random.nextGaussian();
    }
    List<SamplingBench.Row> rows = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      // Position, sample index and seed each make a draw of their own.
      rows.add(
          new SamplingBench.Row(
              logits,
              -1,
              0,
              params(SamplingSetting.SEED, (long) (i % 3) << 40, SamplingSetting.TOP_P, 0.8),
              i % 5,
              1,
              new int[1 + i / 15],
              new int[0]));
    }
    try (KernelBench bench = new KernelBench(device)) {
      check(new SamplingBench(bench, vocabulary, rows.size(), 1), rows);
    }
  }

  @Test
  void givenTwoMillionLogits_draw_weighsEachChunkToTheLastBit() {
    int vocabulary = 1 << 21;
    float[] logits = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      // From 0 to -29, where weights end at -28.
      logits[i] = -29f * i / vocabulary;
    }
    for (float temperature : new float[] {1, 0.9f}) {
      SamplingBench.Row row =
          new SamplingBench.Row(
              logits,
              -1,
              0,
              params(SamplingSetting.TEMPERATURE, temperature),
              0,
              1,
              new int[1],
              new int[0]);
      try (KernelBench bench = new KernelBench(EmulatedGpu.SM_90)) {
        SamplingBench sampling = new SamplingBench(bench, vocabulary, 1, 1);
        check(sampling, List.of(row));
        long[] weights = sampling.chunkWeights(0);
        for (int c = 0; c < weights.length; c++) {
          long expected = 0;
          for (int i = c * SamplingBench.CHUNK; i < (c + 1) * SamplingBench.CHUNK; i++) {
            expected += PortableExp.weight(logits[i] / temperature);
          }
          assertThat(weights[c]).as("chunk %s at %s", c, temperature).isEqualTo(expected);
        }
      }
    }
  }

  /** More tokens in one bin than a list holds, so that the interval must be narrowed. */
  @ParameterizedTest
  @ValueSource(strings = {"equal", "close", "two values", "tail", "zeros"})
  void givenCrowdedBins_cut_keepsTheOraclesTokens(String kind) {
    int vocabulary = 30000;
    Random random = new Random(3);
    float[] logits = new float[vocabulary];
    for (int i = 0; i < vocabulary; i++) {
      logits[i] =
          switch (kind) {
            case "equal" -> 3.25f;
            case "close" -> 5 + 1e-4f * random.nextFloat();
            case "two values" -> random.nextInt(3) == 0 ? 1 : 1.03f;
            // All but one lie beyond the last bin of their own, with weights still.
            case "tail" -> i == 777 ? 0 : -18 - random.nextFloat();
            default -> Float.intBitsToFloat(random.nextInt(1 << 22)) * (i % 2 == 0 ? 1 : -1);
          };
    }
    List<SamplingBench.Row> rows = new ArrayList<>();
    double[] shares = {1, 0.9999999, 0.97, 0.3, 0.00003};
    int[] counts = {0, 1, 2048, 2049, 12345, 29999};
    for (double share : shares) {
      for (int count : counts) {
        rows.add(
            new SamplingBench.Row(
                logits,
                -1,
                1,
                params(
                    SamplingSetting.TOP_P,
                    share,
                    SamplingSetting.TOP_K,
                    count,
                    SamplingSetting.SEED,
                    (long) rows.size()),
                0,
                1,
                new int[] {5, 6},
                new int[0]));
      }
    }
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
      check(new SamplingBench(bench, vocabulary, rows.size(), 1), rows);
    }
  }

  @Test
  void givenARowAloneOrAmongOthers_scan_givesTheSameBits() {
    Random random = new Random(77);
    List<SamplingBench.Row> rows = new ArrayList<>();
    for (int r = 0; r < 12; r++) {
      rows.add(randomRow(random, 20011));
    }
    try (KernelBench bench = new KernelBench(EmulatedGpu.SM_80)) {
      SamplingBench.Results together = new SamplingBench(bench, 20011, rows.size(), 3).run(rows, 0);
      for (int r = 0; r < rows.size(); r++) {
        SamplingBench.Results alone =
            new SamplingBench(bench, 20011, 1, 1).run(List.of(rows.get(r)), 0);
        assertThat(alone.tokenIds()[0]).isEqualTo(together.tokenIds()[r]);
        assertThat(Float.floatToIntBits(alone.logprobs()[0]))
            .isEqualTo(Float.floatToIntBits(together.logprobs()[r]));
      }
    }
  }
}
