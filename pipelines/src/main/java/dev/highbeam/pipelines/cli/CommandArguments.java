// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import dev.highbeam.pipelines.options.ConfigFile;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.OptionText;
import dev.highbeam.pipelines.options.SettingCatalog;
import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.runtime.api.Setting;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * What was typed after a command, as layers of settings: an option wins over the config file, which
 * wins over the defaults.
 */
final class CommandArguments {

  private CommandArguments() {}

  /** The options laid over the file of --config, if one is named. */
  static JobSettings settings(ParseResult parsed) {
    JobSettings options = JobSettings.none();
    for (OptionSpec option : parsed.matchedOptionsSet()) {
      Setting setting = SettingCatalog.byOption(option.longestName().substring(2));
      if (setting != null) {
        options = OptionText.add(options, setting, option.originalStringValues());
      }
    }
    Path config = path(parsed, OptionSpecs.CONFIG);
    return config == null ? options : options.over(ConfigFile.read(config));
  }

  /** The path that an option names, or null if the option is not given. */
  static @Nullable Path path(ParseResult parsed, String name) {
    OptionSpec option = parsed.matchedOption(name);
    if (option == null) {
      return null;
    }
    List<String> values = option.originalStringValues();
    if (values.size() > 1) {
      throw new UsageException(name + " is given more than once");
    }
    try {
      return Path.of(values.get(0));
    } catch (InvalidPathException e) {
      throw new UsageException(name + ": " + e.getMessage(), e);
    }
  }
}
