// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Setting;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class OptionTextTest {

  @Test
  void givenEverySettingWithFalsyText_addsItAsSet() {
    for (Setting setting : SettingCatalog.all()) {
      String text = SettingSamples.text(setting);
      JobSettings settings = OptionText.add(JobSettings.none(), setting, List.of(text));
      assertThat(settings.explicit())
          .as(setting.optionName())
          .isEqualTo(Map.of(setting.settingName(), SettingSamples.value(setting)));
    }
  }

  @Test
  void givenListByRepetitionOrJson_isTheSame() {
    List<String> expected = List.of("a", "b, c");
    assertThat(stop("a", "b, c")).isEqualTo(expected);
    assertThat(stop("[\"a\", \"b, c\"]")).isEqualTo(expected);
    assertThat(stop("\n")).isEqualTo(List.of("\n"));
  }

  @Test
  void givenSingleValuedOptionTwice_refusesIt() {
    assertThatThrownBy(
            () ->
                OptionText.add(JobSettings.none(), SamplingSetting.MAX_TOKENS, List.of("64", "32")))
        .isInstanceOf(UsageException.class)
        .hasMessage("--maxTokens is given more than once: '64' and '32'");
  }

  @Test
  void givenBadJsonOrRange_namesOptionAndRange() {
    assertThatThrownBy(
            () -> OptionText.add(JobSettings.none(), SamplingSetting.LOGIT_BIAS, List.of("5:-1")))
        .hasMessage("--logitBias: logit_bias must be a JSON object like {\"5\": -100}, was '5:-1'");
    assertThatThrownBy(
            () -> OptionText.add(JobSettings.none(), SamplingSetting.TOP_P, List.of("1.5")))
        .hasMessage("--topP: top_p must be a finite number above 0 to 1, was '1.5'");
  }

  private static Object stop(String... texts) {
    JobSettings settings = OptionText.add(JobSettings.none(), SamplingSetting.STOP, List.of(texts));
    return settings.sampling().require(SamplingSetting.STOP);
  }
}
