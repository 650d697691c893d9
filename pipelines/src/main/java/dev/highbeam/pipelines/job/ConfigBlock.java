// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.highbeam.pipelines.options.EffectiveConfig;
import dev.highbeam.pipelines.options.JobSettings;
import java.util.Map;

/**
 * The effective config as a compact block: what the user set first, then what the defaults add.
 * Values are JSON, so that each line can be pasted into a config file.
 */
final class ConfigBlock {

  private static final int MAX_COLUMNS = 100;

  /** Enough to tell a user's jobs apart at a glance; job.json has the whole hash. */
  private static final int HASH_DIGITS = 12;

  private ConfigBlock() {}

  static String of(String command, JobSettings settings) {
    Map<String, Object> set = settings.explicit();
    Map<String, Object> defaults = settings.effective();
    defaults.keySet().removeAll(set.keySet());
    return "highbeam "
        + ProgramVersion.highbeam()
        + " "
        + command
        + ", config "
        + EffectiveConfig.of(settings.effective()).sha256().substring(0, HASH_DIGITS)
        + "\n"
        + lines("  set:", set)
        + "\n"
        + lines("  default:", defaults);
  }

  private static String lines(String title, Map<String, Object> values) {
    StringBuilder text = new StringBuilder(title);
    int column = title.length();
    for (Map.Entry<String, Object> entry : values.entrySet()) {
      String pair = " " + entry.getKey() + "=" + json(entry.getValue());
      if (column + pair.length() > MAX_COLUMNS) {
        text.append("\n   ");
        column = 3;
      }
      text.append(pair);
      column += pair.length();
    }
    return text.toString();
  }

  private static String json(Object value) {
    if (value instanceof String word && word.matches("[\\w./-]+")) {
      return word;
    }
    try {
      return JsonMapper.builder().build().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("settings hold only plain values", e);
    }
  }
}
