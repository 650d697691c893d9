// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.Setting;
import java.util.List;
import java.util.Map;

/**
 * Turns the texts that follow an option into the raw value that its setting reads. What shape is
 * meant follows from the setting's default: a list may be given by repeating the option or as one
 * JSON list, a map as one JSON object, everything else as one text.
 */
public final class OptionText {

  private OptionText() {}

  /** Whether the option may be given more than once. */
  public static boolean isRepeatable(Setting setting) {
    return setting.defaultValue() instanceof List<?>;
  }

  /** How the help names the value. */
  public static String label(Setting setting) {
    Object value = setting.defaultValue();
    if (value instanceof Boolean) {
      return "true|false";
    }
    if (value instanceof Map<?, ?>) {
      return "JSON";
    }
    return isRepeatable(setting) ? "VALUE|JSON" : "VALUE";
  }

  /**
   * The settings with the option's value added.
   *
   * @throws UsageException if the option is repeated although it must not be, or its value is wrong
   */
  public static JobSettings add(JobSettings settings, Setting setting, List<String> texts) {
    String option = "--" + setting.optionName();
    if (texts.size() > 1 && !isRepeatable(setting)) {
      throw new UsageException(
          option + " is given more than once: '" + texts.get(0) + "' and '" + texts.get(1) + "'");
    }
    try {
      return settings.with(setting, raw(setting, texts));
    } catch (InvalidSettingException e) {
      throw new UsageException(option + ": " + e.getMessage(), e);
    }
  }

  private static Object raw(Setting setting, List<String> texts) {
    String first = texts.get(0);
    if (setting.defaultValue() instanceof Map<?, ?>) {
      return json(setting, first, Map.class);
    }
    if (isRepeatable(setting) && texts.size() == 1) {
      return first.startsWith("[") ? json(setting, first, List.class) : first;
    }
    return isRepeatable(setting) ? texts : first;
  }

  private static Object json(Setting setting, String text, Class<?> shape) {
    try {
      return JsonMapper.builder().build().readValue(text, shape);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      String wanted = shape == Map.class ? "a JSON object like {\"5\": -100}" : "a JSON list";
      throw new InvalidSettingException(setting.settingName(), text, wanted);
    }
  }
}
