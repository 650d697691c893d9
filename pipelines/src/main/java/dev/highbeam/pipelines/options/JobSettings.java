// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Setting;
import dev.highbeam.runtime.api.Settings;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one layer (command line, config file) says about a job: the values of its three kinds of
 * settings. Layers are laid over each other with {@link #over}; nothing here knows a default of its
 * own. Immutable.
 */
public final class JobSettings {

  private static final JobSettings NONE =
      new JobSettings(
          Settings.none(JobSetting.class),
          Settings.none(EngineSetting.class),
          Settings.none(SamplingSetting.class));

  private final Settings<JobSetting> job;
  private final Settings<EngineSetting> engine;
  private final Settings<SamplingSetting> sampling;

  private JobSettings(
      Settings<JobSetting> job,
      Settings<EngineSetting> engine,
      Settings<SamplingSetting> sampling) {
    this.job = job;
    this.engine = engine;
    this.sampling = sampling;
  }

  /** A layer that says nothing. */
  public static JobSettings none() {
    return NONE;
  }

  /**
   * This layer with one more value, given raw as a reader of YAML or options has it.
   *
   * @throws InvalidSettingException if the value does not suit the setting
   */
  public JobSettings with(Setting setting, Object raw) {
    if (setting instanceof JobSetting own) {
      return new JobSettings(job.with(own, raw), engine, sampling);
    }
    if (setting instanceof EngineSetting own) {
      return new JobSettings(job, engine.with(own, raw), sampling);
    }
    if (setting instanceof SamplingSetting own) {
      return new JobSettings(job, engine, sampling.with(own, raw));
    }
    throw new IllegalArgumentException("unknown kind of setting: " + setting.settingName());
  }

  /** This layer laid over another: what this one sets wins. */
  public JobSettings over(JobSettings lower) {
    return new JobSettings(
        job.over(lower.job), engine.over(lower.engine), sampling.over(lower.sampling));
  }

  /** This layer with sampling values for what it leaves unset. */
  public JobSettings overSampling(Settings<SamplingSetting> lower) {
    return new JobSettings(job, engine, sampling.over(lower));
  }

  public Settings<JobSetting> job() {
    return job;
  }

  public Settings<EngineSetting> engine() {
    return engine;
  }

  public Settings<SamplingSetting> sampling() {
    return sampling;
  }

  /** The value set here, else the default, which may be null. */
  public @Nullable Object get(Setting setting) {
    if (setting instanceof JobSetting own) {
      return job.get(own);
    }
    if (setting instanceof EngineSetting own) {
      return engine.get(own);
    }
    return sampling.get((SamplingSetting) setting);
  }

  /** A text setting that is set or has a default. */
  public String text(JobSetting setting) {
    return (String) job.require(setting);
  }

  /** A yes-or-no setting. */
  public boolean isOn(JobSetting setting) {
    return (Boolean) job.require(setting);
  }

  /** Everything that this layer itself sets, by snake_case name, in the catalog's order. */
  public Map<String, Object> explicit() {
    Map<String, Object> values = new LinkedHashMap<>();
    job.explicit().forEach((setting, value) -> values.put(setting.settingName(), value));
    engine.explicit().forEach((setting, value) -> values.put(setting.settingName(), value));
    sampling.explicit().forEach((setting, value) -> values.put(setting.settingName(), value));
    return values;
  }

  /** Every setting's value by snake_case name, defaults included; what is unset has no entry. */
  public Map<String, Object> effective() {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Setting setting : SettingCatalog.all()) {
      Object value = get(setting);
      if (value != null) {
        values.put(setting.settingName(), value);
      }
    }
    return values;
  }
}
