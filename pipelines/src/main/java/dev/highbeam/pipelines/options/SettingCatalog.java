// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Every setting that a job knows, made from the three enums so that a new constant is reachable
 * from the command line and the config file at once. The sampling setting {@code seed} is absent on
 * purpose: for a whole job it would give all rows the same draws, so the name means the job's seed,
 * from which each row's own is derived.
 */
public final class SettingCatalog {

  private static final List<Setting> ALL = collect();

  private SettingCatalog() {}

  private static List<Setting> collect() {
    List<Setting> all = new ArrayList<>(List.of(JobSetting.values()));
    all.addAll(List.of(EngineSetting.values()));
    for (SamplingSetting setting : SamplingSetting.values()) {
      if (setting != SamplingSetting.SEED) {
        all.add(setting);
      }
    }
    return List.copyOf(all);
  }

  /** All settings, each once. */
  public static List<Setting> all() {
    return ALL;
  }

  /** The settings of one heading of the help text. */
  public static List<Setting> of(SettingGroup group) {
    return ALL.stream().filter(setting -> groupOf(setting) == group).toList();
  }

  /** The setting of that snake_case name, or null. */
  public static @Nullable Setting byName(String name) {
    return find(name, Setting::settingName);
  }

  /** The setting of that camelCase option name, or null. */
  public static @Nullable Setting byOption(String name) {
    return find(name, Setting::optionName);
  }

  private static @Nullable Setting find(String name, Function<Setting, String> key) {
    for (Setting setting : ALL) {
      if (key.apply(setting).equals(name)) {
        return setting;
      }
    }
    return null;
  }

  private static SettingGroup groupOf(Setting setting) {
    if (setting instanceof JobSetting own) {
      return own.group();
    }
    if (setting == EngineSetting.MODEL) {
      return SettingGroup.INPUT; // Whoever reads the help looks for it beside the input.
    }
    return setting instanceof EngineSetting ? SettingGroup.ENGINE : SettingGroup.SAMPLING;
  }
}
