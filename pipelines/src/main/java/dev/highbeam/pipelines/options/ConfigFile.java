// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.Setting;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Reads {@code --config=job.yaml}: a map from snake_case names to values, vLLM's names where vLLM
 * has one. Only plain data is built from the file (snakeyaml's SafeConstructor), and an unknown or
 * repeated key is an error rather than a surprise hours later. A key without a value is unset.
 */
public final class ConfigFile {

  private static final int MAX_BYTES = 1 << 20;

  private ConfigFile() {}

  /**
   * The layer of settings that the file holds.
   *
   * @throws UsageException if the file cannot be read, is no map, or has an unknown key or a bad
   *     value
   */
  public static JobSettings read(Path file) {
    return parse(file.toString(), load(file));
  }

  /** The layer of settings in a text; the name is for messages. */
  public static JobSettings parse(String name, String text) {
    Object root;
    try {
      root = new Yaml(new SafeConstructor(limits())).load(text);
    } catch (MarkedYAMLException e) {
      String where =
          e.getProblemMark() == null ? "" : ", line " + (e.getProblemMark().getLine() + 1);
      throw new UsageException(name + where + ": not valid YAML: " + e.getProblem(), e);
    } catch (YAMLException e) {
      throw new UsageException(name + ": not valid YAML: " + e.getMessage(), e);
    }
    if (root == null) {
      return JobSettings.none();
    }
    if (!(root instanceof Map<?, ?> map)) {
      throw new UsageException(name + ": must be a map of settings such as 'max_tokens: 64'");
    }
    JobSettings settings = JobSettings.none();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      String key = String.valueOf(entry.getKey());
      Setting setting = SettingCatalog.byName(key);
      if (setting == null) {
        throw new UsageException(
            name + ": unknown key '" + key + "'" + Suggestion.after(key, names()));
      }
      Object value = entry.getValue();
      if (value != null) {
        settings = withValue(name, settings, setting, value);
      }
    }
    return settings;
  }

  private static JobSettings withValue(
      String name, JobSettings settings, Setting setting, Object value) {
    try {
      return settings.with(setting, value);
    } catch (InvalidSettingException e) {
      throw new UsageException(name + ": " + e.getMessage(), e);
    }
  }

  private static String load(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UsageException("--config: there is no file " + file);
    }
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new UsageException(file + ": larger than 1 MiB, which no config file is");
      }
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new UsageException(file + ": not a UTF-8 text", e);
    } catch (IOException e) {
      throw new UsageException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static LoaderOptions limits() {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    options.setMaxAliasesForCollections(10);
    options.setNestingDepthLimit(16);
    options.setCodePointLimit(MAX_BYTES);
    return options;
  }

  private static List<String> names() {
    return SettingCatalog.all().stream().map(Setting::settingName).toList();
  }
}
