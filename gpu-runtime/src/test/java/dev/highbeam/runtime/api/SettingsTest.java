// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class SettingsTest {

  private static final Settings<SamplingSetting> NONE = Settings.none(SamplingSetting.class);

  static Stream<Setting> allSettings() {
    return Stream.concat(
        Arrays.stream(SamplingSetting.values()), Arrays.stream(EngineSetting.values()));
  }

  @ParameterizedTest
  @EnumSource
  void S4_1_givenSamplingSettingUnset_get_isTheDefault(SamplingSetting setting) {
    assertThat(NONE.isSet(setting)).isFalse();
    assertThat(NONE.get(setting)).isEqualTo(setting.defaultValue());
  }

  @ParameterizedTest
  @EnumSource
  void S4_1_givenEngineSettingUnset_get_isTheDefault(EngineSetting setting) {
    Settings<EngineSetting> none = Settings.none(EngineSetting.class);

    assertThat(none.isSet(setting)).isFalse();
    assertThat(none.get(setting)).isEqualTo(setting.defaultValue());
  }

  @ParameterizedTest
  @MethodSource("allSettings")
  void givenDefault_parse_givesItBack(Setting setting) {
    Object defaultValue = setting.defaultValue();
    if (defaultValue != null) {
      assertThat(setting.parse(defaultValue)).isEqualTo(defaultValue);
    }
    assertThat(setting.description()).endsWith(".");
    assertThat(setting.settingName()).matches("[a-z]+(_[a-z]+)*");
  }

  @ParameterizedTest
  @MethodSource("allSettings")
  void givenNonsense_parse_namesTheSetting(Setting setting) {
    Object nonsense = new Object[0];

    assertThatThrownBy(() -> setting.parse(nonsense))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageStartingWith(setting.settingName() + " must be ");
  }

  static Stream<Map.Entry<SamplingSetting, Object>> falsySampling() {
    return Stream.of(
        Map.entry(SamplingSetting.TEMPERATURE, 0),
        Map.entry(SamplingSetting.TEMPERATURE, 0.0),
        Map.entry(SamplingSetting.TOP_K, 0),
        Map.entry(SamplingSetting.MIN_P, 0.0),
        Map.entry(SamplingSetting.SEED, 0),
        Map.entry(SamplingSetting.SEED, "0"),
        Map.entry(SamplingSetting.MIN_TOKENS, 0),
        Map.entry(SamplingSetting.LOGPROBS, 0),
        Map.entry(SamplingSetting.PROMPT_LOGPROBS, 0),
        Map.entry(SamplingSetting.IGNORE_EOS, false),
        Map.entry(SamplingSetting.SKIP_SPECIAL_TOKENS, false),
        Map.entry(SamplingSetting.SKIP_SPECIAL_TOKENS, "false"),
        Map.entry(SamplingSetting.STOP, List.of()),
        Map.entry(SamplingSetting.STOP_TOKEN_IDS, ""),
        Map.entry(SamplingSetting.PRESENCE_PENALTY, 0.0),
        Map.entry(SamplingSetting.LOGIT_BIAS, Map.of()));
  }

  /** What "x or default" would lose: zero, false and empty stand over every lower layer. */
  @ParameterizedTest
  @MethodSource("falsySampling")
  void S4_2_givenFalsyValue_over_hidesWhatTheLowerLayersSay(
      Map.Entry<SamplingSetting, Object> falsy) {
    SamplingSetting setting = falsy.getKey();
    Settings<SamplingSetting> upper = NONE.with(setting, falsy.getValue());
    Settings<SamplingSetting> lower = NONE.with(setting, truthy(setting));

    Object effective = upper.over(lower).over(lower).get(setting);

    assertThat(upper.isSet(setting)).isTrue();
    assertThat(effective).isEqualTo(setting.parse(falsy.getValue()));
    assertThat(effective).isNotEqualTo(setting.parse(truthy(setting)));
    assertThat(NONE.over(upper).explicit()).containsOnlyKeys(setting);
  }

  @Test
  void S4_2_givenFalsyEngineValues_over_keepsThem() {
    Settings<EngineSetting> lower =
        Settings.none(EngineSetting.class)
            .with(EngineSetting.MODEL, "m")
            .with(EngineSetting.ENABLE_PREFIX_CACHING, true)
            .with(EngineSetting.ASYNC_SCHEDULING, true)
            .with(EngineSetting.CPU_THREADS, 3)
            .with(EngineSetting.KV_CACHE_MEMORY_BYTES, 7);
    Settings<EngineSetting> upper =
        Settings.none(EngineSetting.class)
            .with(EngineSetting.MODEL, "")
            .with(EngineSetting.ENABLE_PREFIX_CACHING, false)
            .with(EngineSetting.ASYNC_SCHEDULING, "false")
            .with(EngineSetting.CPU_THREADS, 0)
            .with(EngineSetting.KV_CACHE_MEMORY_BYTES, 0);

    assertThat(upper.over(lower)).isEqualTo(upper);
    assertThat(lower.over(upper)).isEqualTo(lower);
    assertThat(Settings.none(EngineSetting.class).over(lower)).isEqualTo(lower);
  }

  @Test
  void givenLayer_with_leavesTheOldLayerAlone() {
    Settings<SamplingSetting> one = NONE.with(SamplingSetting.N, 2);
    Settings<SamplingSetting> two = one.with(SamplingSetting.N, 3);

    assertThat(NONE.explicit()).isEmpty();
    assertThat(one.require(SamplingSetting.N)).isEqualTo(2);
    assertThat(two.require(SamplingSetting.N)).isEqualTo(3);
    assertThat(two.toString()).isEqualTo("n=3");
    assertThat(one.hashCode()).isEqualTo(NONE.with(SamplingSetting.N, "2").hashCode());
  }

  @Test
  void givenSettingWithoutDefault_require_saysSo() {
    assertThatThrownBy(() -> NONE.require(SamplingSetting.SEED))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("seed has neither a value nor a default");
  }

  @Test
  void givenNames_byName_findsExactlyThem() {
    for (SamplingSetting setting : SamplingSetting.values()) {
      assertThat(Settings.byName(SamplingSetting.class, setting.settingName())).isSameAs(setting);
    }
    assertThat(Settings.byName(SamplingSetting.class, "TOP_P")).isNull();
    assertThat(Settings.byName(SamplingSetting.class, "best_of")).isNull();
    assertThat(SamplingSetting.INCLUDE_STOP_STR_IN_OUTPUT.optionName())
        .isEqualTo("includeStopStrInOutput");
    assertThat(allSettings().map(Setting::optionName)).doesNotHaveDuplicates();
  }

  private static Object truthy(SamplingSetting setting) {
    return switch (setting) {
      case TEMPERATURE, TOP_P, MIN_P, REPETITION_PENALTY, PRESENCE_PENALTY, FREQUENCY_PENALTY ->
          0.5;
      case N, TOP_K, SEED, MAX_TOKENS, MIN_TOKENS, LOGPROBS, PROMPT_LOGPROBS -> 5;
      case STOP -> "end";
      case STOP_TOKEN_IDS -> List.of(1, 2);
      case IGNORE_EOS, INCLUDE_STOP_STR_IN_OUTPUT, SKIP_SPECIAL_TOKENS -> true;
      case LOGIT_BIAS -> Map.of(1, 2);
      case REPETITION_DETECTION -> Map.of("max_pattern_size", 3, "min_count", 5);
    };
  }
}
