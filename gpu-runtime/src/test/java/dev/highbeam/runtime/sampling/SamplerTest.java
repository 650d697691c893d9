// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import static dev.highbeam.runtime.sampling.SamplingCases.params;
import static dev.highbeam.runtime.sampling.SamplingCases.result;
import static dev.highbeam.runtime.sampling.SamplingCases.sample;
import static dev.highbeam.runtime.sampling.SamplingCases.sequence;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.highbeam.runtime.api.SamplingSetting;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SamplerTest {

  private static final float NONE = Float.NEGATIVE_INFINITY;
  private static final float LN2 = (float) Math.log(2);

  /** Probabilities 1/16, 8/16, 4/16, 2/16, 1/16. */
  private static final float[] HALVES = {0, 3 * LN2, 2 * LN2, LN2, 0};

  @Test
  void givenTemperatureZero_sample_takesTheGreatestOfLowestId() {
    float[] row = {1, 5, -3, 5, 4.999f};
    SequenceSampling greedy = sequence(5, SamplingSetting.TEMPERATURE, 0, SamplingSetting.TOP_K, 1);
    assertThat(sample(row, greedy, 1)).isEqualTo(1);
    float[] zeros = {-0f, 0f, -0f};
    assertThat(sample(zeros, sequence(3, SamplingSetting.TEMPERATURE, 0), 1)).isZero();
    assertThat(row).containsExactly(1, 5, -3, 5, 4.999f);
  }

  @Test
  void givenRow_sample_givesRawLogProbabilitiesAndOrderedAlternatives() {
    // Penalties choose token 2 but leave log-probabilities as they were.
    SequenceSampling sequence =
        sequence(
            5, SamplingSetting.TEMPERATURE, 0, SamplingSetting.LOGIT_BIAS, Map.of(1, -50, 2, 3));
    SampledToken out = result(HALVES, sequence, 1, 5);
    assertThat(out.tokenId()).isEqualTo(2);
    assertThat(out.logprob()).isCloseTo((float) Math.log(4 / 16.0), within(1e-6f));
    int[] ids = {1, 2, 3, 0, 4};
    double[] sixteenths = {8, 4, 2, 1, 1};
    assertThat(out.alternativeCount()).isEqualTo(5);
    for (int j = 0; j < 5; j++) {
      assertThat(out.topTokenId(j)).isEqualTo(ids[j]);
      assertThat(out.topLogprob(j)).isCloseTo((float) Math.log(sixteenths[j] / 16), within(1e-6f));
    }
  }

  @Test
  void givenMoreAlternativesThanTokens_sample_givesAllTokens() {
    assertThat(result(HALVES, sequence(5), 1, 20).alternativeCount()).isEqualTo(5);
    assertThat(result(HALVES, sequence(5), 1, 0).alternativeCount()).isZero();
  }

  @Test
  void givenTopP_sample_keepsTheTokenThatCrosses() {
    // 8/16 + 4/16 = 0.75 reaches 0.6; exactly 0.5 is reached by the first alone.
    assertThat(kept(HALVES, SamplingSetting.TOP_P, 0.6)).containsExactly(1, 2);
    assertThat(kept(HALVES, SamplingSetting.TOP_P, 0.49)).containsExactly(1);
    assertThat(kept(HALVES, SamplingSetting.TOP_P, 1e-30)).containsExactly(1);
    assertThat(kept(HALVES, SamplingSetting.TOP_P, 0.99)).containsExactly(0, 1, 2, 3, 4);
    // Of the two equal ones the lower id comes first.
    assertThat(kept(HALVES, SamplingSetting.TOP_P, 0.9)).containsExactly(0, 1, 2, 3);
    assertThat(kept(new float[] {1, 1, 1, 1}, SamplingSetting.TOP_P, 0.5)).containsExactly(0, 1);
  }

  @Test
  void givenTopK_sample_keepsExactlyThatMany() {
    assertThat(kept(HALVES, SamplingSetting.TOP_K, 1)).containsExactly(1);
    assertThat(kept(HALVES, SamplingSetting.TOP_K, 4)).containsExactly(0, 1, 2, 3);
    assertThat(kept(HALVES, SamplingSetting.TOP_K, 5)).hasSize(5);
    assertThat(kept(HALVES, SamplingSetting.TOP_K, 1000)).hasSize(5);
    assertThat(kept(new float[] {0, -0f, 0, -0f}, SamplingSetting.TOP_K, 2)).containsExactly(0, 1);
  }

  @Test
  void givenMinP_sample_keepsThoseNearTheGreatest() {
    // Shares of the greatest: 1/8, 1, 1/2, 1/4, 1/8.
    assertThat(kept(HALVES, SamplingSetting.MIN_P, 0.3)).containsExactly(1, 2);
    assertThat(kept(HALVES, SamplingSetting.MIN_P, 0.24)).containsExactly(1, 2, 3);
    assertThat(kept(HALVES, SamplingSetting.MIN_P, 1)).containsExactly(1);
  }

  @Test
  void givenTopKThenTopP_sample_takesTheShareOfWhatTopKLeft() {
    // top_k leaves 8 and 4 of 12: 0.6 of 12 is reached by 8 alone.
    assertThat(kept(HALVES, SamplingSetting.TOP_K, 2, SamplingSetting.TOP_P, 0.6))
        .containsExactly(1);
  }

  @Test
  void givenTemperature_sample_filtersAfterIt() {
    // At temperature 2 the shares of the greatest are 2^-1.5, 1, 2^-0.5, 2^-1, 2^-1.5.
    assertThat(kept(HALVES, SamplingSetting.TEMPERATURE, 2, SamplingSetting.MIN_P, 0.4))
        .containsExactly(1, 2, 3);
  }

  private static int[] kept(float[] row, Object... settings) {
    Sampler sampler = new Sampler(row.length);
    sampler.sample(row, 0, sequence(row.length, settings), 1, 0, new SampledToken());
    return java.util.stream.IntStream.range(0, row.length)
        .filter(id -> sampler.weight(id) > 0)
        .toArray();
  }

  @Test
  void givenNonFiniteRows_sample_flagsAndGivesTokenZero() {
    float[][] rows = {
      {1, Float.NaN, 2}, {1, Float.POSITIVE_INFINITY, 2}, {NONE, NONE, NONE}, {Float.NaN, 1, 1}
    };
    for (float[] row : rows) {
      SampledToken out = result(row, sequence(3), 1, 2);
      assertThat(out.isNonFinite()).isTrue();
      assertThat(out.tokenId()).isZero();
      assertThat(out.logprob()).isNaN();
      assertThat(out.alternativeCount()).isZero();
    }
    SampledToken fine = result(new float[] {NONE, 3, NONE}, sequence(3), 1, 2);
    assertThat(fine.isNonFinite()).isFalse();
    assertThat(fine.tokenId()).isEqualTo(1);
    assertThat(fine.logprob()).isZero();
    assertThat(fine.topLogprob(1)).isEqualTo(NONE);
  }

  @Test
  void givenAllTokensMaskedOrOverflowed_sample_flagsTheRow() {
    SequenceSampling masked =
        new SequenceSampling(
            params(SamplingSetting.MIN_TOKENS, 1), 0, 1, new int[] {0}, 1, new int[] {0, 1}, 2);
    assertThat(result(new float[] {1, 2}, masked, 1, 0).isNonFinite()).isTrue();
    SequenceSampling overflow = sequence(2, SamplingSetting.REPETITION_PENALTY, 0.001);
    assertThat(result(new float[] {3e38f, 2}, overflow, 1, 0).isNonFinite()).isTrue();
  }

  @Test
  void givenExtremeLogitsAndTemperatures_sample_staysInTheVocabulary() {
    float[] row = {-3.4e38f, 3.4e38f, 0, 3.4e38f};
    for (double temperature : new double[] {1e-40, 1e-6, 1, 100}) {
      SampledToken out = result(row, sequence(4, SamplingSetting.TEMPERATURE, temperature), 1, 4);
      assertThat(out.tokenId()).isIn(1, 3);
      assertThat(out.logprob()).isCloseTo(-LN2, within(1e-6f));
    }
    assertThat(sample(new float[] {-7}, sequence(1), 1)).isZero();
  }

  @Test
  void givenOffset_sampleAndScore_readOnlyTheirRow() {
    float[] rows = {Float.NaN, Float.NaN, 1, 2, Float.NaN};
    Sampler sampler = new Sampler(2);
    SampledToken out = new SampledToken();
    sampler.sample(rows, 2, sequence(2, SamplingSetting.TEMPERATURE, 0), 1, 2, out);
    assertThat(out.tokenId()).isEqualTo(1);
    assertThat(out.isNonFinite()).isFalse();
    sampler.score(rows, 2, 0, 1, out);
    assertThat(out.tokenId()).isZero();
    assertThat(out.logprob()).isCloseTo((float) -Math.log(1 + Math.E), within(1e-6f));
    assertThat(out.topTokenId(0)).isEqualTo(1);
    sampler.score(rows, 0, 1, 1, out);
    assertThat(out.isNonFinite()).isTrue();
    assertThat(out.tokenId()).isEqualTo(1);
  }

  @Test
  void givenLargeVocabulary_logprob_isThatOfTheExactSum() {
    int size = 150_000;
    float[] row = new float[size];
    double total = 0;
    for (int i = 0; i < size; i++) {
      row[i] = i * 37 % 1000 * 0.01f;
      total += StrictMath.exp(row[i]);
    }
    SampledToken out = new SampledToken();
    new Sampler(size).score(row, 0, 5, 0, out);
    assertThat((double) out.logprob()).isCloseTo(row[5] - Math.log(total), within(1.5e-6));
  }

  @Test
  void givenBitsOnTheBorderOfTwoTokens_pick_takesTheNext() {
    Sampler sampler = new Sampler(5);
    sampler.sample(new float[] {NONE, 0, 0, 0, 0}, 0, sequence(5), 1, 0, new SampledToken());
    long total = 4 * PortableExp.ONE;
    assertThat(sampler.pick(0, total)).isEqualTo(1);
    assertThat(sampler.pick((1L << 62) - 1, total)).isEqualTo(1);
    assertThat(sampler.pick(1L << 62, total)).isEqualTo(2);
    assertThat(sampler.pick(Long.MIN_VALUE, total)).isEqualTo(3);
    assertThat(sampler.pick(-1, total)).isEqualTo(4);
  }

  @Test
  void givenShares_shareOf_roundsUp() {
    assertThat(Sampler.shareOf(4, 0.5f)).isEqualTo(2);
    assertThat(Sampler.shareOf(5, 0.5f)).isEqualTo(3);
    assertThat(Sampler.shareOf(1, 0x1p-20f)).isEqualTo(1);
    // 2^62 (1 - 2^-24) = 2^62 - 2^38.
    assertThat(Sampler.shareOf(1L << 62, 1 - 0x1p-24f)).isEqualTo((1L << 62) - (1L << 38));
  }

  @Test
  void givenVocabularyOutOfRange_constructor_refuses() {
    assertThatThrownBy(() -> new Sampler(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Sampler((1 << 22) + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
