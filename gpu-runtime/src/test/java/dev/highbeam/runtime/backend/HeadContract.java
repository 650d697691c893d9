// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static dev.highbeam.runtime.backend.TestSequence.params;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.sampling.SampledToken;
import dev.highbeam.runtime.sampling.Sampler;
import dev.highbeam.runtime.sampling.SequenceSampling;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The part of the contract about scoring and sampling, against {@link Sampler}: token t's logits
 * are row t of a table.
 */
interface HeadContract extends BackendUnderTest {

  /** Parameters that bring every branch of sampling into play. */
  List<SamplingParams> ALL_KINDS =
      List.of(
          params(SamplingSetting.TEMPERATURE, 0),
          params(),
          params(SamplingSetting.TEMPERATURE, 0.3),
          params(SamplingSetting.TOP_K, 1),
          params(SamplingSetting.TOP_K, 5, SamplingSetting.TEMPERATURE, 2),
          params(SamplingSetting.TOP_P, 0.5),
          params(SamplingSetting.TOP_P, 0.9, SamplingSetting.TOP_K, 12),
          params(SamplingSetting.MIN_P, 0.2),
          params(SamplingSetting.MIN_TOKENS, 3, SamplingSetting.TEMPERATURE, 0),
          params(SamplingSetting.LOGIT_BIAS, Map.of(0, 4.5, 1, -100)),
          params(SamplingSetting.REPETITION_PENALTY, 1.7),
          params(SamplingSetting.PRESENCE_PENALTY, 1.5, SamplingSetting.TEMPERATURE, 0),
          params(SamplingSetting.FREQUENCY_PENALTY, 0.7, SamplingSetting.TEMPERATURE, 0),
          params(SamplingSetting.SEED, -1L));

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 33, 128, 1000, 5000})
  default void givenParametersOfEveryKind_sample_chainsTokensAsTheOracle(int vocabularySize) {
    int rows = Math.min(vocabularySize, 40);
    float[] table = InMemoryWeights.uniform(vocabularySize, 6, rows * vocabularySize);
    try (HeadBench bench = new HeadBench(this, vocabularySize, table, 64)) {
      for (int kind = 0; kind < ALL_KINDS.size(); kind++) {
        int[] prompt = {1, 0, 1};
        TestSequence sequence =
            new TestSequence(kind % 4, 3, prompt)
                .pagesFrom(0, 16, 16)
                .sampling(ALL_KINDS.get(kind), kind % 3, 1);
        SequenceSampling oracle =
            new SequenceSampling(
                ALL_KINDS.get(kind), kind % 3, 3, prompt, 3, new int[] {1}, vocabularySize);
        int alternatives = Math.min(vocabularySize, kind);
        bench.checkChain(sequence, oracle, 6, alternatives);
      }
    }
  }

  @Test
  default void givenTargets_score_givesLogProbabilitiesAndAlternatives() {
    // Logits 0, ln 2, ln 4, ln 1: probabilities 1/8, 2/8, 4/8, 1/8.
    float[] table = {0, (float) Math.log(2), (float) Math.log(4), 0};
    try (HeadBench bench = new HeadBench(this, 4, table, 8)) {
      TestSequence sequence = new TestSequence(0, 2, 0, 0).pages(0);
      sequence.scoreAt(0, 1, 4).scoreAt(1, 3, 0).scoreAt(1, 2, 1);
      StepOutput output = bench.run(new TestSteps(bench.capacity()).add(sequence, 2));
      assertThat(output.tokenId(0)).isEqualTo(1);
      assertThat(output.logprob(0)).isCloseTo((float) Math.log(2 / 8.0), within(1e-6f));
      assertThat(output.logprob(1)).isCloseTo((float) Math.log(1 / 8.0), within(1e-6f));
      assertThat(output.logprob(2)).isCloseTo((float) Math.log(4 / 8.0), within(1e-6f));
      // Equal ones by token id.
      int[] order = {2, 1, 0, 3};
      double[] probabilities = {4 / 8.0, 2 / 8.0, 1 / 8.0, 1 / 8.0};
      for (int j = 0; j < 4; j++) {
        assertThat(output.topTokenId(0, j)).isEqualTo(order[j]);
        assertThat(output.topLogprob(0, j))
            .isCloseTo((float) Math.log(probabilities[j]), within(1e-6f));
      }
      assertThat(output.topTokenId(2, 0)).isEqualTo(2);
      assertThat(output.isNonFinite(0)).isFalse();
    }
  }

  @Test
  default void givenRowsBeyondOneHeadBlock_score_coversAll() {
    int rows = 60;
    float[] table = InMemoryWeights.uniform(3, 4, rows * rows);
    try (HeadBench bench = new HeadBench(this, rows, table, 1500)) {
      int[] tokens = new int[1500];
      Arrays.setAll(tokens, i -> i * 7 % rows);
      TestSequence sequence = new TestSequence(2, 1500, tokens).pagesFrom(0, 16, 1500);
      for (int p = 0; p < 1500; p++) {
        sequence.scoreAt(p, p % rows, 0);
      }
      StepOutput output = bench.run(new TestSteps(bench.capacity()).add(sequence, 1500));
      Sampler sampler = new Sampler(rows);
      SampledToken expected = new SampledToken();
      for (int p = 0; p < 1500; p++) {
        sampler.score(table, tokens[p] * rows, p % rows, 0, expected);
        assertThat(output.logprob(p)).as("row %s", p).isCloseTo(expected.logprob(), within(2e-6f));
        assertThat(output.tokenId(p)).isEqualTo(p % rows);
      }
    }
  }

  @Test
  default void S4_6_givenNonFiniteLogits_sampleAndScore_flagOnlyThoseRows() {
    float inf = Float.POSITIVE_INFINITY;
    float[] table = {
      1, 2, 3, 4, 5, //
      1, Float.NaN, 3, 4, 5, //
      1, inf, 3, 4, 5, //
      -inf, -inf, -inf, -inf, -inf, //
      -inf, 1e38f, -1e38f, -0f, 0
    };
    try (HeadBench bench = new HeadBench(this, 5, table, 16)) {
      TestSequence sequence =
          new TestSequence(0, 5, 0, 1, 2, 3, 4)
              .pages(0)
              .sampling(params(SamplingSetting.TEMPERATURE, 0), 0);
      for (int p = 0; p < 5; p++) {
        sequence.sampleAt(p, 2).scoreAt(p, 3, 0);
      }
      StepOutput output = bench.run(new TestSteps(bench.capacity()).add(sequence, 5));
      int[] sampled = {4, 0, 0, 0, 1};
      for (int p = 0; p < 5; p++) {
        boolean isNonFinite = p >= 1 && p <= 3;
        assertThat(output.tokenId(2 * p)).as("row %s", p).isEqualTo(sampled[p]);
        assertThat(output.isNonFinite(2 * p)).as("row %s", p).isEqualTo(isNonFinite);
        assertThat(output.isNonFinite(2 * p + 1)).as("row %s", p).isEqualTo(isNonFinite);
      }
      assertThat(output.logprob(8)).isEqualTo(0f);
    }
  }

  @Test
  default void S4_6_givenEqualLogits_sampleAndScore_flagOnlyThoseRows() {
    float inf = Float.POSITIVE_INFINITY;
    float[] table = {
      2,
      2,
      2,
      2,
      2, //
      2,
      2,
      2,
      2,
      2.0000002f, //
      0,
      -0f,
      0,
      -0f,
      0, //
      2.0000002f,
      2,
      2,
      2,
      2, //
      -inf,
      -inf,
      -inf,
      -inf,
      -inf
    };
    List<SamplingParams> kinds =
        List.of(
            params(SamplingSetting.TEMPERATURE, 0),
            params(),
            // What counts is what the model gave, not what a bias makes of it.
            params(SamplingSetting.LOGIT_BIAS, Map.of(3, 50.0), SamplingSetting.TEMPERATURE, 0));
    int[] greedy = {0, 4, 0, 0, 0};
    try (HeadBench bench = new HeadBench(this, 5, table, 16)) {
      for (SamplingParams kind : kinds) {
        TestSequence sequence = new TestSequence(0, 5, 0, 1, 2, 3, 4).pages(0).sampling(kind, 0);
        for (int p = 0; p < 5; p++) {
          sequence.sampleAt(p, 2).scoreAt(p, 3, 0);
        }
        StepOutput output = bench.run(new TestSteps(bench.capacity()).add(sequence, 5));
        for (int p = 0; p < 5; p++) {
          boolean isUniform = p == 0 || p == 2;
          assertThat(output.isUniform(2 * p)).as("row %s", p).isEqualTo(isUniform);
          assertThat(output.isUniform(2 * p + 1)).as("row %s", p).isEqualTo(isUniform);
          assertThat(output.isNonFinite(2 * p)).as("row %s", p).isEqualTo(p == 4);
          if (kind == kinds.get(0)) {
            assertThat(output.tokenId(2 * p)).as("row %s", p).isEqualTo(greedy[p]);
          }
        }
      }
    }
    try (HeadBench bench = new HeadBench(this, 5, table, 16)) {
      // Outputs are used again: a row's flag must not outlive its step.
      for (int token : new int[] {0, 0, 0, 1, 1, 1}) {
        TestSequence one = new TestSequence(0, 1, token).pages(0).scoreAt(0, 3, 0);
        StepOutput output = bench.run(new TestSteps(bench.capacity()).add(one, 1));
        assertThat(output.isUniform(0)).isEqualTo(token == 0);
      }
    }
    try (HeadBench bench = new HeadBench(this, 1, new float[] {7}, 16)) {
      TestSequence only = new TestSequence(0, 1, 0).pages(0).sampleAt(0, 0).scoreAt(0, 0, 0);
      StepOutput output = bench.run(new TestSteps(bench.capacity()).add(only, 1));
      assertThat(output.isUniform(0)).isFalse();
      assertThat(output.isUniform(1)).isFalse();
    }
  }

  @Test
  default void givenSlotGivenAway_sample_startsFromTheNewAssignment() {
    float[] table = InMemoryWeights.uniform(17, 1, 30 * 30);
    SamplingParams penalised =
        params(SamplingSetting.FREQUENCY_PENALTY, 2, SamplingSetting.TEMPERATURE, 0);
    try (HeadBench bench = new HeadBench(this, 30, table, 16)) {
      int[] prompt = {3, 8};
      for (int round = 0; round < 2; round++) {
        // What the slot's first sequence generated must not be held against the second.
        TestSequence sequence = new TestSequence(1, 2, prompt).pages(0).sampling(penalised, 0);
        SequenceSampling oracle = new SequenceSampling(penalised, 0, 2, prompt, 2, new int[0], 30);
        bench.checkChain(sequence, oracle, 8, 1);
      }
    }
  }
}
