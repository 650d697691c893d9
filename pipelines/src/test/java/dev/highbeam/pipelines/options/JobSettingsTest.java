// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Setting;
import dev.highbeam.runtime.api.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JobSettingsTest {

  @Test
  void S4_2_givenFalsyValueOverTruthyOne_wins() {
    JobSettings upper =
        JobSettings.none()
            .with(JobSetting.SEED, "0")
            .with(JobSetting.ROW_PARAMETERS, "false")
            .with(SamplingSetting.TEMPERATURE, "0");
    JobSettings lower =
        JobSettings.none()
            .with(JobSetting.SEED, 7)
            .with(JobSetting.ROW_PARAMETERS, true)
            .with(SamplingSetting.TEMPERATURE, 0.5)
            .with(SamplingSetting.MAX_TOKENS, 3);
    JobSettings both = upper.over(lower);
    assertThat(both.job().require(JobSetting.SEED)).isEqualTo(0L);
    assertThat(both.isOn(JobSetting.ROW_PARAMETERS)).isFalse();
    assertThat(both.sampling().require(SamplingSetting.TEMPERATURE)).isEqualTo(0f);
    assertThat(both.sampling().require(SamplingSetting.MAX_TOKENS)).isEqualTo(3);
  }

  @Test
  void S4_1_givenNothingSet_everyEffectiveValueIsTheSettingsDefault() {
    for (Setting setting : SettingCatalog.all()) {
      assertThat(JobSettings.none().effective().get(setting.settingName()))
          .as(setting.settingName())
          .isEqualTo(setting.defaultValue());
    }
    assertThat(JobSettings.none().explicit()).isEmpty();
  }

  @Test
  void givenModelsSampling_liesBelowWhatIsSet() {
    JobSettings asked = JobSettings.none().with(SamplingSetting.TOP_K, 0);
    Settings<SamplingSetting> models =
        Settings.none(SamplingSetting.class)
            .with(SamplingSetting.TOP_K, 20)
            .with(SamplingSetting.TOP_P, 0.8);
    JobSettings both = asked.overSampling(models);
    assertThat(both.sampling().require(SamplingSetting.TOP_K)).isEqualTo(0);
    assertThat(both.sampling().require(SamplingSetting.TOP_P)).isEqualTo(0.8f);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-0.1", "1.1", "NaN", "", "a"})
  void givenShareOutsideZeroToOne_refusesIt(String text) {
    assertThatThrownBy(() -> JobSetting.MAX_ERROR_RATIO.parse(text))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessage("max_error_ratio must be a number from 0 to 1, was '" + text + "'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "257", "1.5"})
  void givenParallelismOutsideRange_refusesIt(String text) {
    assertThatThrownBy(() -> JobSetting.TARGET_PARALLELISM.parse(text))
        .hasMessage("target_parallelism must be a whole number from 1 to 256, was '" + text + "'");
  }
}
