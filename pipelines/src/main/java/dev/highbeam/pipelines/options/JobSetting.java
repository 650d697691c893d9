// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Setting;
import dev.highbeam.runtime.api.SettingDefinition;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Everything a user may say about a job that is neither about sampling nor about the engine. Like
 * the runtime's enums it is the single list: options, config keys and help are derived from it.
 */
public enum JobSetting implements Setting {
  INPUT(
      SettingGroup.INPUT,
      "input",
      null,
      "File, folder or glob of the records: JSON Lines (also .gz or .zst) or Parquet.",
      JobSetting::path),
  ID_COLUMN(
      SettingGroup.INPUT,
      "id_column",
      "custom_id",
      "Column that names a row; a missing id is made from file and position.",
      JobSetting::path),
  PROMPT_COLUMN(
      SettingGroup.INPUT,
      "prompt_column",
      "prompt",
      "Column that holds the prompt, unless prompt_template makes it.",
      JobSetting::path),
  PROMPT_TEMPLATE(
      SettingGroup.INPUT,
      "prompt_template",
      null,
      "Text of the prompt with {{column}} in the places of columns; instead of prompt_column.",
      JobSetting::text),
  ROW_PARAMETERS(
      SettingGroup.INPUT,
      "row_parameters",
      true,
      "Lets columns with the names of sampling settings override them for their row.",
      JobSetting::bool),
  DEDUPE(
      SettingGroup.INPUT,
      "dedupe",
      true,
      "Computes equal requests once; each row still gets results of its own.",
      JobSetting::bool),
  GROUP_PREFIXES(
      SettingGroup.INPUT,
      "group_prefixes",
      true,
      "Brings requests that begin alike beside each other, so that the prefix cache serves them.",
      JobSetting::bool),
  LONGEST_FIRST(
      SettingGroup.INPUT,
      "longest_first",
      false,
      "Begins each shard with the requests that take longest.",
      JobSetting::bool),
  REUSE(
      SettingGroup.INPUT,
      "reuse",
      null,
      "Output folder of a finished job, whose rows are taken for requests that are equal.",
      JobSetting::path),
  SEED(
      SettingGroup.SAMPLING,
      "seed",
      0L,
      "Seed of the job; a row without a seed of its own derives one from it and its content.",
      (name, raw) -> SamplingSetting.SEED.parse(raw)),
  GENERATION_CONFIG(
      SettingGroup.SAMPLING,
      "generation_config",
      "none",
      "Sampling defaults from the model's generation_config.json: none or model.",
      (name, raw) -> word(name, raw, List.of("none", "model"))),
  OUTPUT(
      SettingGroup.OUTPUT,
      "output",
      null,
      "Folder for results, errors and the job's record; made if missing.",
      JobSetting::path),
  MODE(
      SettingGroup.OUTPUT,
      "mode",
      "resume",
      "With an earlier run's output: resume goes on where it stopped, fresh removes it, fail"
          + " refuses.",
      (name, raw) -> word(name, raw, List.of("resume", "fresh", "fail"))),
  KEEP_JOURNAL(
      SettingGroup.OUTPUT,
      "keep_journal",
      false,
      "Keeps the work list and the journal when the job is done.",
      JobSetting::bool),
  OUTPUT_TOKEN_IDS(
      SettingGroup.OUTPUT,
      "output_token_ids",
      false,
      "Adds the generated token ids to the results.",
      JobSetting::bool),
  MAX_ERROR_RATIO(
      SettingGroup.RUNNER,
      "max_error_ratio",
      0.1,
      "Largest share of rows that may fail, 0 to 1; looked at after 1,000 rows and at the end.",
      JobSetting::share),
  MAX_ERRORS(
      SettingGroup.RUNNER,
      "max_errors",
      null,
      "Most rows that may fail, from 0; one more stops the job. Unset, only the share counts.",
      (name, raw) -> whole(name, raw, 0, Integer.MAX_VALUE)),
  DEADLINE(
      SettingGroup.RUNNER,
      "deadline",
      null,
      "When the job stops, done or not: " + Deadline.FORMS + "; the same command goes on.",
      JobSetting::deadline),
  TOKEN_BUDGET(
      SettingGroup.RUNNER,
      "token_budget",
      null,
      "Output tokens after which this run stops, done or not; the same command goes on.",
      JobSetting::tokens),
  TARGET_PARALLELISM(
      SettingGroup.DIRECT,
      "target_parallelism",
      4,
      "Threads that read, prepare and write rows, 1 to 256; all share one engine.",
      (name, raw) -> count(name, raw, 256)),
  SHARD_ROWS(
      SettingGroup.RUNNER,
      "shard_rows",
      0,
      "Rows that are made complete together, up to 100,000; 0 chooses, at most 2,000.",
      (name, raw) -> whole(name, raw, 0, 100_000)),
  JOURNAL_ROWS(
      SettingGroup.RUNNER,
      "journal_rows",
      200,
      "Most finished rows per shard that a crash may cost, from 1.",
      (name, raw) -> whole(name, raw, 1, 100_000)),
  JOURNAL_SECONDS(
      SettingGroup.RUNNER,
      "journal_seconds",
      5,
      "Seconds after which finished rows are durable at the latest; 0 saves each at once.",
      (name, raw) -> whole(name, raw, 0, 3600)),
  PROGRESS(
      SettingGroup.RUNNER,
      "progress",
      "auto",
      "How progress is shown on stderr: auto, plain, json or none.",
      (name, raw) -> word(name, raw, List.of("auto", "plain", "json", "none"))),
  FLINK_MASTER(
      SettingGroup.FLINK,
      "flink_master",
      "[auto]",
      "host:port of a cluster's REST service; [auto] is the cluster that flink run names.",
      JobSetting::path),
  PARALLELISM(
      SettingGroup.FLINK,
      "parallelism",
      null,
      "Slots that the job takes, 1 to 32768; unset, all that are free when it starts.",
      (name, raw) -> count(name, raw, 32768)),
  ALLOW_NO_RESTART(
      SettingGroup.FLINK,
      "allow_no_restart",
      false,
      "Lets a job run on a cluster that starts nothing again after a failure.",
      JobSetting::bool);

  private final SettingGroup group;

  @SuppressWarnings("ImmutableEnumChecker") // Defaults never change and parsers have no state.
  private final SettingDefinition definition;

  JobSetting(
      SettingGroup group,
      String name,
      @Nullable Object defaultValue,
      String description,
      BiFunction<String, Object, Object> parser) {
    this.group = group;
    definition = new SettingDefinition(name, defaultValue, description, parser);
  }

  public SettingGroup group() {
    return group;
  }

  @Override
  public SettingDefinition definition() {
    return definition;
  }

  private static Object text(String name, Object raw) {
    if (raw instanceof String) {
      return raw;
    }
    throw new InvalidSettingException(name, raw, "a text");
  }

  /** A name of something: an empty one could only be a slip of a shell variable. */
  private static Object path(String name, Object raw) {
    if (raw instanceof String text && !text.isBlank()) {
      return text;
    }
    throw new InvalidSettingException(name, raw, "a non-empty text");
  }

  private static Object word(String name, Object raw, List<String> allowed) {
    if (raw instanceof String word && allowed.contains(word)) {
      return word;
    }
    throw new InvalidSettingException(name, raw, "one of " + String.join(", ", allowed));
  }

  private static Object bool(String name, Object raw) {
    return switch (String.valueOf(raw)) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw new InvalidSettingException(name, raw, "true or false");
    };
  }

  private static Object share(String name, Object raw) {
    try {
      double value = Double.parseDouble(String.valueOf(raw));
      if (value >= 0 && value <= 1) {
        return value;
      }
    } catch (NumberFormatException e) {
      // The sentence below says what is allowed.
    }
    throw new InvalidSettingException(name, raw, "a number from 0 to 1");
  }

  private static Object deadline(String name, Object raw) {
    try {
      Deadline.parse(String.valueOf(raw));
      return String.valueOf(raw);
    } catch (IllegalArgumentException e) {
      throw new InvalidSettingException(name, raw, Deadline.FORMS);
    }
  }

  private static Object tokens(String name, Object raw) {
    try {
      long value = Long.parseLong(String.valueOf(raw));
      if (value > 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      // The sentence below says what is allowed.
    }
    throw new InvalidSettingException(name, raw, "a whole number from 1");
  }

  private static Object count(String name, Object raw, int max) {
    return whole(name, raw, 1, max);
  }

  private static Object whole(String name, Object raw, int min, int max) {
    try {
      int value = Integer.parseInt(String.valueOf(raw));
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // The sentence below says what is allowed.
    }
    throw new InvalidSettingException(name, raw, "a whole number from " + min + " to " + max);
  }
}
