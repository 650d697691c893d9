// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.backend.InMemoryWeights;
import dev.highbeam.runtime.backend.TestSequence;
import dev.highbeam.runtime.sampling.SampledToken;
import dev.highbeam.runtime.sampling.Sampler;
import dev.highbeam.runtime.sampling.SequenceSampling;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Rows scanned where they lie give the tokens and log-probabilities of rows sampled in Java, bit
 * for bit.
 */
final class LogitScanTest {

  private static final List<SamplingParams> KINDS =
      List.of(
          TestSequence.params(SamplingSetting.TEMPERATURE, 0),
          TestSequence.params(),
          TestSequence.params(SamplingSetting.TEMPERATURE, 0.3),
          TestSequence.params(SamplingSetting.TEMPERATURE, 1e-30),
          TestSequence.params(SamplingSetting.TEMPERATURE, 2, SamplingSetting.MIN_P, 0.4),
          TestSequence.params(SamplingSetting.MIN_P, 1),
          TestSequence.params(SamplingSetting.TOP_K, 3),
          TestSequence.params(SamplingSetting.TOP_P, 0.7),
          TestSequence.params(SamplingSetting.TOP_P, 0.7, SamplingSetting.TEMPERATURE, 0),
          TestSequence.params(SamplingSetting.MIN_TOKENS, 3, SamplingSetting.TEMPERATURE, 0),
          TestSequence.params(SamplingSetting.LOGIT_BIAS, Map.of(0, 4.5)),
          TestSequence.params(SamplingSetting.REPETITION_PENALTY, 1.7));

  private NativeMemory memory;

  @BeforeEach
  void takeMemory() {
    assumeTrue(TileLibrary.isUsable(), TileLibrary::whyNot);
    memory = new NativeMemory();
  }

  @AfterEach
  void freeMemory() {
    if (memory != null) {
      memory.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 15, 16, 17, 33, 4095, 4096, 4097, 50_001})
  void givenRandomRows_sample_givesTheBitsOfJava(int count) {
    for (float scale : new float[] {0, 1e-3f, 5, 60}) {
      for (int seed = 0; seed < 4; seed++) {
        float[] row = InMemoryWeights.uniform(seed, scale, count);
        // Several greatest ones, and some that can never come.
        row[count / 2] = row[count - 1];
        if (count > 3) {
          row[1] = Float.NEGATIVE_INFINITY;
        }
        compare(row, seed);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 16, 40})
  void givenRowsThatCannotBeSampled_sample_saysSoAsJavaDoes(int count) {
    for (float bad :
        new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f}) {
      for (int place : new int[] {0, count / 2, count - 1}) {
        float[] row = InMemoryWeights.uniform(1, 2, count);
        row[place] = bad;
        compare(row, 1);
        Arrays.fill(row, bad);
        compare(row, 1);
      }
    }
  }

  private void compare(float[] row, int seed) {
    LogitScan scan = new LogitScan(row.length, memory);
    scan.load(memory.take(row));
    Sampler sampler = new Sampler(row.length);
    for (SamplingParams kind : KINDS) {
      SequenceSampling sequence =
          new SequenceSampling(kind, seed, 1, new int[] {0}, 1, new int[] {0}, row.length);
      for (int alternatives : new int[] {0, 2}) {
        SampledToken expected = new SampledToken();
        SampledToken actual = new SampledToken();
        sampler.sample(row, 0, sequence, 1 + seed, alternatives, expected);
        sampler.sample(scan, sequence, 1 + seed, alternatives, actual);
        check(actual, expected, kind + " of " + row.length);
        sampler.score(row, 0, row.length - 1, alternatives, expected);
        sampler.score(scan, row.length - 1, alternatives, actual);
        check(actual, expected, "score of " + row.length);
      }
    }
  }

  private static void check(SampledToken actual, SampledToken expected, String what) {
    assertThat(actual.tokenId()).as(what).isEqualTo(expected.tokenId());
    assertThat(actual.logprob()).as(what).isEqualTo((Float) expected.logprob());
    assertThat(actual.isNonFinite()).as(what).isEqualTo(expected.isNonFinite());
    assertThat(actual.isUniform()).as(what).isEqualTo(expected.isUniform());
    assertThat(actual.alternativeCount()).as(what).isEqualTo(expected.alternativeCount());
    for (int j = 0; j < expected.alternativeCount(); j++) {
      assertThat(actual.topTokenId(j)).as(what).isEqualTo(expected.topTokenId(j));
      assertThat(actual.topLogprob(j)).as(what).isEqualTo((Float) expected.topLogprob(j));
    }
  }
}
