// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One named value that a user may set, in a config file, on the command line or in a row. The enums
 * that implement this are the single list of what can be set: every outer layer is derived from
 * them, so that no layer can miss a setting or carry a default of its own.
 */
public interface Setting {

  SettingDefinition definition();

  /** The name in snake_case, as vLLM and OpenAI spell it: {@code max_tokens}. */
  default String settingName() {
    return definition().name();
  }

  /** One sentence for the help text, with the allowed range. */
  default String description() {
    return definition().description();
  }

  /**
   * Turns a raw value (Number, Boolean, String, List or Map, as a JSON or YAML reader gives them)
   * into this setting's type.
   *
   * @throws InvalidSettingException if the value has the wrong type or is outside its range
   */
  default Object parse(Object raw) {
    return definition().parser().apply(settingName(), raw);
  }

  /** The value that holds when no layer sets one; null where unset is itself a meaning. */
  default @Nullable Object defaultValue() {
    return definition().defaultValue();
  }

  /** The name in camelCase, as command-line options and PipelineOptions spell it. */
  default String optionName() {
    StringBuilder name = new StringBuilder();
    for (String word : settingName().split("_", -1)) {
      if (name.length() == 0) {
        name.append(word);
      } else {
        name.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
      }
    }
    return name.toString();
  }
}
