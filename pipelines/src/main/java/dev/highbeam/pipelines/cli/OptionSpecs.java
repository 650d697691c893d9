// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.cli;

import dev.highbeam.pipelines.options.OptionText;
import dev.highbeam.pipelines.options.SettingCatalog;
import dev.highbeam.pipelines.options.SettingGroup;
import dev.highbeam.runtime.api.Setting;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Derives the options of a command from the catalog of settings, one heading per group. picocli
 * only splits the command line and lays the help out: values stay texts here, because their
 * meaning, range and default belong to the settings.
 */
final class OptionSpecs {

  static final String CONFIG = "--config";
  static final String HELP = "--help";

  private OptionSpecs() {}

  /** A command with every setting as an option. */
  static CommandSpec withSettings(String name, String description) {
    CommandSpec spec = plain(name, description);
    for (SettingGroup group : SettingGroup.values()) {
      ArgGroupSpec.Builder section =
          ArgGroupSpec.builder()
              .heading("%n" + group.title() + ":%n")
              .exclusive(false)
              .validate(false);
      for (Setting setting : SettingCatalog.of(group)) {
        section.addArg(option(setting));
      }
      if (group == SettingGroup.INPUT) {
        section.addArg(config());
      }
      spec.addArgGroup(section.build());
    }
    return spec;
  }

  /** A command with the option --help only. */
  static CommandSpec plain(String name, String description) {
    CommandSpec spec = CommandSpec.create().name(name);
    spec.usageMessage().description(escape(description)).sortOptions(false).width(100);
    spec.usageMessage().abbreviateSynopsis(true).autoWidth(false).longOptionsMaxWidth(32);
    spec.addOption(
        OptionSpec.builder("-h", HELP).usageHelp(true).description("Shows this text.").build());
    return spec;
  }

  static OptionSpec text(String name, String label, String description) {
    return OptionSpec.builder(name)
        .paramLabel(label)
        .type(List.class)
        .auxiliaryTypes(String.class)
        .arity("1")
        .description(escape(description))
        .build();
  }

  private static OptionSpec config() {
    return text(
        CONFIG,
        "FILE",
        "YAML file with any of these settings under their snake_case names (max_tokens: 64);"
            + " options win.");
  }

  static OptionSpec option(Setting setting) {
    Object unset = setting.defaultValue();
    boolean isSwitch = unset instanceof Boolean;
    OptionSpec.Builder option =
        OptionSpec.builder("--" + setting.optionName())
            .paramLabel(OptionText.label(setting))
            .type(List.class)
            .auxiliaryTypes(String.class)
            .arity(isSwitch ? "0..1" : "1")
            .description(escape(setting.description() + defaultText(unset)));
    if (isSwitch) {
      option.fallbackValue("true"); // --ignoreEos alone means --ignoreEos=true.
    }
    return option.build();
  }

  private static String defaultText(@org.jspecify.annotations.Nullable Object value) {
    boolean isEmpty =
        value == null
            || (value instanceof Collection<?> list && list.isEmpty())
            || (value instanceof Map<?, ?> map && map.isEmpty());
    return isEmpty ? "" : " Default: " + value + ".";
  }

  /** picocli reads descriptions as format strings. */
  private static String escape(String text) {
    return text.replace("%", "%%").replace("@|", "@ |");
  }
}
