// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Setting;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SettingCatalogTest {

  @Test
  void S4_1_givenEveryConstant_findsItByBothNames_exceptTheRowsSeed() {
    List<Setting> expected = new ArrayList<>(List.of(JobSetting.values()));
    expected.addAll(List.of(EngineSetting.values()));
    expected.addAll(List.of(SamplingSetting.values()));
    expected.remove(SamplingSetting.SEED);
    for (Setting setting : expected) {
      assertThat(SettingCatalog.byName(setting.settingName())).isSameAs(setting);
      assertThat(SettingCatalog.byOption(setting.optionName())).isSameAs(setting);
    }
    assertThat(SettingCatalog.all()).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void givenNameSeed_findsTheJobs() {
    assertThat(SettingCatalog.byName("seed")).isSameAs(JobSetting.SEED);
    assertThat(SettingCatalog.byOption("seed")).isSameAs(JobSetting.SEED);
  }

  @Test
  void givenAllGroups_everySettingIsInExactlyOne() {
    List<Setting> grouped = new ArrayList<>();
    for (SettingGroup group : SettingGroup.values()) {
      assertThat(SettingCatalog.of(group)).as(group.title()).isNotEmpty();
      grouped.addAll(SettingCatalog.of(group));
    }
    assertThat(grouped).containsExactlyInAnyOrderElementsOf(SettingCatalog.all());
    assertThat(new HashSet<>(grouped)).hasSameSizeAs(grouped);
  }

  @Test
  void givenUnknownName_findsNothing() {
    assertThat(SettingCatalog.byName("maxTokens")).isNull();
    assertThat(SettingCatalog.byOption("max_tokens")).isNull();
  }

  @Test
  void givenDefaults_passTheirOwnParsers() {
    for (JobSetting setting : JobSetting.values()) {
      Object value = setting.defaultValue();
      if (value != null) {
        assertThat(setting.parse(value)).as(setting.settingName()).isEqualTo(value);
      }
    }
  }
}
