// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import static dev.highbeam.runtime.backend.TestSequence.params;
import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.sampling.PortableExp;
import dev.highbeam.runtime.sampling.Sampler;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The sampling kernels against {@link Sampler}: the same weights, so the same tokens. */
final class DeviceSamplingTest {

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
    List<SamplingRow> rows = RandomSamplingRows.rows(random, vocabulary, rowCount);
    try (KernelBench bench = new KernelBench(device)) {
      SamplingOracle.check(new SamplingBench(bench, vocabulary, rowCount + 1, 5), rows);
      // Three head blocks use one workspace; the last one is not full.
      SamplingOracle.check(new SamplingBench(bench, vocabulary, rowCount / 2 - 1, 2), rows);
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
    List<SamplingRow> rows = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      // Position, sample index and seed each make a draw of their own.
      rows.add(
          new SamplingRow(
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
      SamplingOracle.check(new SamplingBench(bench, vocabulary, rows.size(), 1), rows);
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
      SamplingRow row =
          SamplingRow.sampled(logits, params(SamplingSetting.TEMPERATURE, temperature));
      try (KernelBench bench = new KernelBench(EmulatedGpu.SM_90)) {
        SamplingBench sampling = new SamplingBench(bench, vocabulary, 1, 1);
        SamplingOracle.check(sampling, List.of(row));
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
    List<SamplingRow> rows = new ArrayList<>();
    double[] shares = {1, 0.9999999, 0.97, 0.3, 0.00003};
    int[] counts = {0, 1, 2048, 2049, 12345, 29999};
    for (double share : shares) {
      for (int count : counts) {
        rows.add(
            new SamplingRow(
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
      SamplingOracle.check(new SamplingBench(bench, vocabulary, rows.size(), 1), rows);
    }
  }

  @Test
  void givenARowAloneOrAmongOthers_scan_givesTheSameBits() {
    Random random = new Random(77);
    List<SamplingRow> rows = RandomSamplingRows.rows(random, 20011, 12);
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
