// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.sampling;

import static dev.highbeam.runtime.sampling.SamplingCases.params;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SequenceSamplingTest {

  private static final float MASKED = Float.NEGATIVE_INFINITY;

  private static SequenceSampling sequence(SamplingParams params, int... tokens) {
    // The prompt is the first two tokens.
    return new SequenceSampling(params, 0, 2, tokens, tokens.length, new int[] {3, 99}, 5);
  }

  private static float[] adjusted(SequenceSampling sequence, int position) {
    float[] logits = {2, -2, 4, 1, 0.5f};
    sequence.adjust(logits, position);
    return logits;
  }

  @Test
  void givenDefaults_adjust_changesNothing() {
    assertThat(adjusted(sequence(params(), 0, 1, 2), 3)).containsExactly(2, -2, 4, 1, 0.5f);
  }

  @Test
  void givenRepetitionPenalty_adjust_dividesPositiveAndMultipliesNegative() {
    // Prompt 0, 1; output 2. 2 / 2 = 1, -2 * 2 = -4, 4 / 2 = 2.
    SamplingParams params = params(SamplingSetting.REPETITION_PENALTY, 2);
    assertThat(adjusted(sequence(params, 0, 1, 2), 3)).containsExactly(1, -4, 2, 1, 0.5f);
  }

  @Test
  void givenFrequencyAndPresencePenalty_adjust_countsTheOutputOnly() {
    SamplingParams params =
        params(SamplingSetting.FREQUENCY_PENALTY, 0.5, SamplingSetting.PRESENCE_PENALTY, 1.5);
    // Output 2, 2, 0: 4 - 2 * 0.5 - 1.5 = 1.5; 2 - 0.5 - 1.5 = 0; 1 is in the prompt only.
    assertThat(adjusted(sequence(params, 0, 1, 2, 2, 0), 5)).containsExactly(0, -2, 1.5f, 1, 0.5f);
  }

  @Test
  void givenAllPenalties_adjust_appliesRepetitionFirst() {
    SamplingParams params =
        params(
            SamplingSetting.REPETITION_PENALTY, 2,
            SamplingSetting.FREQUENCY_PENALTY, 1,
            SamplingSetting.LOGIT_BIAS, Map.of(2, 6));
    // (4 + 6) / 2 - 1 = 4.
    assertThat(adjusted(sequence(params, 0, 1, 2), 3)[2]).isEqualTo(4);
  }

  @Test
  void givenAcceptedTokens_adjust_isThatOfASequenceBuiltWithThem() {
    SamplingParams params =
        params(SamplingSetting.REPETITION_PENALTY, 1.3, SamplingSetting.FREQUENCY_PENALTY, 0.7);
    SequenceSampling grown = sequence(params, 0, 1);
    grown.accept(4);
    grown.accept(4);
    grown.accept(1);
    assertThat(adjusted(grown, 5)).isEqualTo(adjusted(sequence(params, 0, 1, 4, 4, 1), 5));
    assertThat(grown.lastTokenId()).isEqualTo(1);
  }

  @Test
  void givenMinTokens_adjust_masksEndTokensUntilThen() {
    SequenceSampling sequence = sequence(params(SamplingSetting.MIN_TOKENS, 2), 0, 1);
    // Position 2 is the first output token, 3 the second, 4 the third.
    assertThat(adjusted(sequence, 2)).containsExactly(2, -2, 4, MASKED, 0.5f);
    assertThat(adjusted(sequence, 3)).containsExactly(2, -2, 4, MASKED, 0.5f);
    assertThat(adjusted(sequence, 4)).containsExactly(2, -2, 4, 1, 0.5f);
  }

  @Test
  void givenBiasOnMaskedToken_adjust_leavesItMasked() {
    SamplingParams params =
        params(SamplingSetting.MIN_TOKENS, 1, SamplingSetting.LOGIT_BIAS, Map.of(3, 100, 0, -1));
    assertThat(adjusted(sequence(params, 0, 1), 2)).containsExactly(1, -2, 4, MASKED, 0.5f);
  }

  @Test
  void givenWrongArguments_constructor_refuses() {
    assertThatThrownBy(() -> sequence(SamplingParams.DEFAULTS, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("seed");
    assertThatThrownBy(() -> sequence(params(), 0, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("token id must be from 0 to 4, was 5");
    assertThatThrownBy(() -> sequence(params(SamplingSetting.LOGIT_BIAS, Map.of(5, 1)), 0, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> sequence(params()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tokenCount");
  }
}
