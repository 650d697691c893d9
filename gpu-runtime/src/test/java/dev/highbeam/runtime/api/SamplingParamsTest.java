// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SamplingParamsTest {

  @Test
  void givenNothing_of_isTheDefaults() {
    SamplingParams params = SamplingParams.DEFAULTS;

    assertThat(params.n()).isEqualTo(1);
    assertThat(params.temperature()).isEqualTo(1);
    assertThat(params.isGreedy()).isFalse();
    assertThat(params.topP()).isEqualTo(1);
    assertThat(params.topK()).isZero();
    assertThat(params.minP()).isZero();
    assertThat(params.seed()).isEmpty();
    assertThat(params.maxTokens()).isEmpty();
    assertThat(params.minTokens()).isZero();
    assertThat(params.stop()).isEmpty();
    assertThat(params.stopTokenIds()).isEmpty();
    assertThat(params.ignoreEos()).isFalse();
    assertThat(params.includeStopStringInOutput()).isFalse();
    assertThat(params.skipSpecialTokens()).isTrue();
    assertThat(params.logprobs()).isEmpty();
    assertThat(params.promptLogprobs()).isEmpty();
    assertThat(params.repetitionPenalty()).isEqualTo(1);
    assertThat(params.presencePenalty()).isZero();
    assertThat(params.frequencyPenalty()).isZero();
    assertThat(params.logitBias()).isEmpty();
    assertThat(params.repetitionDetection()).isEmpty();
  }

  @Test
  void givenEveryAccessor_of_readsItsOwnSetting() {
    Map<SamplingSetting, Object> raw = new LinkedHashMap<>();
    raw.put(SamplingSetting.N, 2);
    raw.put(SamplingSetting.TEMPERATURE, 0.25);
    raw.put(SamplingSetting.TOP_P, 0.5);
    raw.put(SamplingSetting.TOP_K, 3);
    raw.put(SamplingSetting.MIN_P, 0.125);
    raw.put(SamplingSetting.SEED, -4L);
    raw.put(SamplingSetting.MAX_TOKENS, 50);
    raw.put(SamplingSetting.MIN_TOKENS, 6);
    raw.put(SamplingSetting.STOP, List.of("a", "b"));
    raw.put(SamplingSetting.STOP_TOKEN_IDS, "7, 8");
    raw.put(SamplingSetting.IGNORE_EOS, true);
    raw.put(SamplingSetting.INCLUDE_STOP_STR_IN_OUTPUT, true);
    raw.put(SamplingSetting.SKIP_SPECIAL_TOKENS, false);
    raw.put(SamplingSetting.LOGPROBS, 9);
    raw.put(SamplingSetting.PROMPT_LOGPROBS, 10);
    raw.put(SamplingSetting.REPETITION_PENALTY, 1.5);
    raw.put(SamplingSetting.PRESENCE_PENALTY, -1.5);
    raw.put(SamplingSetting.FREQUENCY_PENALTY, 1.75);
    raw.put(SamplingSetting.LOGIT_BIAS, Map.of("12", 13, 11, -2.5));
    raw.put(SamplingSetting.REPETITION_DETECTION, Map.of("max_pattern_size", 9, "min_count", "4"));
    assertThat(raw).containsOnlyKeys(SamplingSetting.values());
    Settings<SamplingSetting> settings = Settings.none(SamplingSetting.class);
    for (Map.Entry<SamplingSetting, Object> entry : raw.entrySet()) {
      settings = settings.with(entry.getKey(), entry.getValue());
    }

    SamplingParams params = SamplingParams.of(settings);

    assertThat(params.n()).isEqualTo(2);
    assertThat(params.temperature()).isEqualTo(0.25f);
    assertThat(params.topP()).isEqualTo(0.5f);
    assertThat(params.topK()).isEqualTo(3);
    assertThat(params.minP()).isEqualTo(0.125f);
    assertThat(params.seed()).hasValue(-4);
    assertThat(params.maxTokens()).hasValue(50);
    assertThat(params.minTokens()).isEqualTo(6);
    assertThat(params.stop()).containsExactly("a", "b");
    assertThat(params.stopTokenIds()).containsExactly(7, 8);
    assertThat(params.ignoreEos()).isTrue();
    assertThat(params.includeStopStringInOutput()).isTrue();
    assertThat(params.skipSpecialTokens()).isFalse();
    assertThat(params.logprobs()).hasValue(9);
    assertThat(params.promptLogprobs()).hasValue(10);
    assertThat(params.repetitionPenalty()).isEqualTo(1.5f);
    assertThat(params.presencePenalty()).isEqualTo(-1.5f);
    assertThat(params.frequencyPenalty()).isEqualTo(1.75f);
    assertThat(params.logitBias()).isEqualTo(Map.of(11, -2.5f, 12, 13f));
    assertThat(params.repetitionDetection()).hasValue(new RepetitionDetection(9, 1, 4));
  }

  @Test
  void givenZeros_of_areValues() {
    SamplingParams params =
        SamplingParams.of(
            Settings.none(SamplingSetting.class)
                .with(SamplingSetting.SEED, 0)
                .with(SamplingSetting.TEMPERATURE, 0)
                .with(SamplingSetting.LOGPROBS, 0)
                .with(SamplingSetting.PROMPT_LOGPROBS, 0));

    assertThat(params.seed()).hasValue(0);
    assertThat(params.isGreedy()).isTrue();
    assertThat(params.logprobs()).hasValue(0);
    assertThat(params.promptLogprobs()).hasValue(0);
    Request request = Request.of("id", new int[] {1}, params);
    assertThat(request.seed()).isZero();
    assertThat(request.sampling().isGreedy()).isTrue();
  }

  @Test
  void givenNoSeed_request_refusesToInventOne() {
    assertThatThrownBy(() -> Request.of("row 7", new int[] {1}, SamplingParams.DEFAULTS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("row 7 has no seed");
    assertThat(Request.of("id", new int[] {1}, SamplingParams.DEFAULTS.withSeed(0)).seed())
        .isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "N, 0",
    "N, 129",
    "TEMPERATURE, -0.1",
    "TEMPERATURE, 101",
    "TEMPERATURE, NaN",
    "TEMPERATURE, Infinity",
    "TOP_P, 0",
    "TOP_P, 1.01",
    "TOP_K, -2",
    "MIN_P, 1.5",
    "SEED, 9223372036854775808",
    "MAX_TOKENS, 0",
    "MIN_TOKENS, -1",
    "LOGPROBS, 21",
    "LOGPROBS, -1",
    "PROMPT_LOGPROBS, 21",
    "REPETITION_PENALTY, 0",
    "PRESENCE_PENALTY, 2.1",
    "FREQUENCY_PENALTY, -2.1",
    "STOP_TOKEN_IDS, '1,x'",
    "STOP_TOKEN_IDS, -1",
    "IGNORE_EOS, yes",
    "LOGIT_BIAS, x",
    "REPETITION_DETECTION, x",
    "STOP, ''"
  })
  void givenValueOutsideItsRange_with_namesNameValueAndRange(
      SamplingSetting setting, String value) {
    assertThatThrownBy(() -> Settings.none(SamplingSetting.class).with(setting, value))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageStartingWith(setting.settingName() + " must be ")
        .hasMessageContaining(", was ");
  }

  @Test
  void givenMinAboveMax_of_refuses() {
    Settings<SamplingSetting> settings =
        Settings.none(SamplingSetting.class)
            .with(SamplingSetting.MIN_TOKENS, 5)
            .with(SamplingSetting.MAX_TOKENS, 4);

    assertThatThrownBy(() -> SamplingParams.of(settings))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessage("min_tokens must be at most max_tokens (4), was 5");
    assertThat(SamplingParams.of(settings.with(SamplingSetting.MAX_TOKENS, 5)).minTokens())
        .isEqualTo(5);
  }

  @Test
  void givenDefaultsWrittenOut_canonicalText_isThatOfNothing() {
    Settings<SamplingSetting> explicit =
        Settings.none(SamplingSetting.class)
            .with(SamplingSetting.TEMPERATURE, 1)
            .with(SamplingSetting.TOP_P, "1.0")
            .with(SamplingSetting.STOP, List.of());

    SamplingParams params = SamplingParams.of(explicit);

    assertThat(params).isEqualTo(SamplingParams.DEFAULTS);
    assertThat(params.hashCode()).isEqualTo(SamplingParams.DEFAULTS.hashCode());
    assertThat(params.canonicalText()).contains("temperature=1.0;", "seed=null;", "stop=[];");
    assertThat(params.withSeed(0)).isNotEqualTo(SamplingParams.DEFAULTS);
  }

  @Test
  void givenRepetitionDetection_parse_knowsItsMembersAndTheirRanges() {
    for (Map<String, Integer> off :
        List.<Map<String, Integer>>of(
            Map.of(), Map.of("max_pattern_size", 0), Map.of("min_pattern_size", 0))) {
      assertThat(detection(off).repetitionDetection()).isEmpty();
    }
    assertThat(
            detection(Map.of("max_pattern_size", 128, "min_pattern_size", 128, "min_count", 2))
                .repetitionDetection())
        .hasValue(new RepetitionDetection(128, 128, 2));
    for (Map<String, Integer> wrong :
        List.of(
            Map.of("max_pattern_size", 129, "min_count", 2),
            Map.of("max_pattern_size", 8),
            Map.of("max_pattern_size", 8, "min_count", 1),
            Map.of("min_count", 2),
            Map.of("max_pattern_size", 3, "min_pattern_size", 4, "min_count", 2),
            Map.of("max_pattern_size", -1, "min_count", 2),
            Map.of("max_pattern_size", 8, "min_count", 2, "size", 3))) {
      assertThatThrownBy(() -> detection(wrong))
          .as("%s", wrong)
          .isInstanceOf(InvalidSettingException.class)
          .hasMessageStartingWith("repetition_detection");
    }
  }

  private static SamplingParams detection(Map<String, Integer> value) {
    return SamplingParams.of(
        Settings.none(SamplingSetting.class).with(SamplingSetting.REPETITION_DETECTION, value));
  }

  /** Fingerprints, and with them the seeds that rows derive, outlive the setting's arrival. */
  @Test
  void givenNoRepetitionDetection_canonicalText_doesNotNameIt() {
    assertThat(SamplingParams.DEFAULTS.canonicalText()).endsWith("logit_bias={};");
    assertThat(detection(Map.of("max_pattern_size", 8, "min_count", 3)).canonicalText())
        .endsWith(
            "logit_bias={};repetition_detection={max_pattern_size=8, min_count=3,"
                + " min_pattern_size=1};");
  }
}
