// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.io.Serializable;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The values that one layer (a row, the command line, a config file, a model's generation_config)
 * sets; everything it does not set it inherits from the layer below. Immutable.
 *
 * @param <S> the enum of settings
 */
public final class Settings<S extends Enum<S> & Setting> implements Serializable {

  private static final long serialVersionUID = 1L;

  private final Class<S> type;
  private final EnumMap<S, Object> values;

  private Settings(Class<S> type, EnumMap<S, Object> values) {
    this.type = type;
    this.values = values;
  }

  /** A layer that sets nothing. */
  public static <S extends Enum<S> & Setting> Settings<S> none(Class<S> type) {
    return new Settings<>(type, new EnumMap<>(type));
  }

  /**
   * This layer with one more value, given raw as a reader of JSON, YAML or options has it.
   *
   * @throws InvalidSettingException if the value does not suit the setting
   */
  public Settings<S> with(S setting, Object raw) {
    EnumMap<S, Object> copy = new EnumMap<>(values);
    copy.put(setting, setting.parse(raw));
    return new Settings<>(type, copy);
  }

  /** This layer laid over another: what this one sets wins. */
  public Settings<S> over(Settings<S> lower) {
    EnumMap<S, Object> merged = new EnumMap<>(lower.values);
    merged.putAll(values);
    return new Settings<>(type, merged);
  }

  /** The value set here, else the setting's default, which may be null. */
  public @Nullable Object get(S setting) {
    Object value = values.get(setting);
    return value != null ? value : setting.defaultValue();
  }

  /** The value set here or by default; for settings whose default is a value. */
  public Object require(S setting) {
    Object value = get(setting);
    if (value == null) {
      throw new IllegalStateException(setting.settingName() + " has neither a value nor a default");
    }
    return value;
  }

  /** Whether this layer itself sets the value. */
  public boolean isSet(S setting) {
    return values.containsKey(setting);
  }

  /** What this layer sets, in the order of the enum. */
  public Map<S, Object> explicit() {
    return Collections.unmodifiableMap(values);
  }

  /** The setting of that snake_case name, or null. */
  public static <S extends Enum<S> & Setting> @Nullable S byName(Class<S> type, String name) {
    for (S setting : type.getEnumConstants()) {
      if (setting.settingName().equals(name)) {
        return setting;
      }
    }
    return null;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Settings<?> that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    values.forEach(
        (setting, value) ->
            text.append(text.length() == 0 ? "" : ", ")
                .append(setting.settingName())
                .append('=')
                .append(value));
    return text.toString();
  }
}
