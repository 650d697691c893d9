// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.BadRecordException;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.JsonReader;
import dev.highbeam.transforms.rows.JsonText;
import java.io.Serializable;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Sampling parameters that a row gives itself: in columns named like the settings, and as members
 * of an object in the column sampling_params. A column wins over a member; null is unset.
 */
final class RowParameters implements Serializable {

  /** The column whose value is an object of settings. */
  static final String OBJECT_COLUMN = "sampling_params";

  /**
   * Parameters of vLLM and OpenAI that this engine does not have. A row that asks for one would get
   * something else than it asked for, so it is refused. Names that ordinary data also uses (user,
   * tools, suffix) are not here: as columns they are data.
   */
  static final Set<String> UNSUPPORTED =
      Set.of(
          "allowed_token_ids",
          "bad_words",
          "beam_width",
          "best_of",
          "early_stopping",
          "guided_choice",
          "guided_decoding",
          "guided_decoding_backend",
          "guided_grammar",
          "guided_json",
          "guided_regex",
          "guided_whitespace_pattern",
          "length_penalty",
          "logits_processors",
          "max_completion_tokens",
          "response_format",
          "spaces_between_special_tokens",
          "structured_outputs",
          "thinking_token_budget",
          "top_logprobs",
          "truncate_prompt_tokens",
          "use_beam_search");

  private static final long serialVersionUID = 1L;

  private final TreeMap<Integer, SamplingSetting> settingByColumn = new TreeMap<>();
  private final TreeMap<Integer, String> unsupportedByColumn = new TreeMap<>();
  private final int objectColumn;

  private RowParameters(Columns columns) {
    for (int i = 0; i < columns.count(); i++) {
      String name = columns.list().get(i).name();
      SamplingSetting setting = Settings.byName(SamplingSetting.class, name);
      if (setting != null) {
        settingByColumn.put(i, setting);
      } else if (UNSUPPORTED.contains(name)) {
        unsupportedByColumn.put(i, name);
      }
    }
    objectColumn = columns.indexOf(OBJECT_COLUMN).orElse(-1);
  }

  /** Parameters in columns, except in the one that holds the prompt or the id. */
  static RowParameters in(Columns columns, Set<String> otherUses) {
    RowParameters parameters = new RowParameters(columns);
    for (String name : otherUses) {
      columns
          .indexOf(name)
          .ifPresent(
              i -> {
                parameters.settingByColumn.remove(i);
                parameters.unsupportedByColumn.remove(i);
              });
    }
    return parameters;
  }

  /** What the row sets. */
  Settings<SamplingSetting> of(@Nullable Object[] row) throws BadRecordException {
    for (Map.Entry<Integer, String> entry : unsupportedByColumn.entrySet()) {
      if (row[entry.getKey()] != null) {
        throw unsupported(entry.getValue());
      }
    }
    Settings<SamplingSetting> settings = Settings.none(SamplingSetting.class);
    Object object = objectColumn < 0 ? null : row[objectColumn];
    if (object != null) {
      settings = members(object);
    }
    for (Map.Entry<Integer, SamplingSetting> entry : settingByColumn.entrySet()) {
      Object value = row[entry.getKey()];
      if (value != null) {
        settings = with(settings, entry.getValue(), raw(value));
      }
    }
    return settings;
  }

  private static Settings<SamplingSetting> members(Object object) throws BadRecordException {
    Object parsed = object instanceof String text ? JsonReader.readValue(text) : raw(object);
    if (!(parsed instanceof Map<?, ?> map)) {
      throw new BadRecordException(
          ErrorCode.BAD_REQUEST, OBJECT_COLUMN + " must be an object of sampling parameters");
    }
    Settings<SamplingSetting> settings = Settings.none(SamplingSetting.class);
    for (Map.Entry<?, ?> member : map.entrySet()) {
      if (member.getValue() != null) {
        String name = String.valueOf(member.getKey());
        SamplingSetting setting = Settings.byName(SamplingSetting.class, name);
        if (setting == null) {
          throw unsupported(OBJECT_COLUMN + "." + name);
        }
        settings = with(settings, setting, member.getValue());
      }
    }
    return settings;
  }

  private static Settings<SamplingSetting> with(
      Settings<SamplingSetting> settings, SamplingSetting setting, @Nullable Object value)
      throws BadRecordException {
    if (value == null) {
      return settings;
    }
    try {
      return settings.with(setting, value);
    } catch (InvalidSettingException e) {
      throw new BadRecordException(ErrorCode.BAD_REQUEST, String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable Object raw(Object value) throws BadRecordException {
    return value instanceof JsonText json ? JsonReader.readValue(json.text()) : value;
  }

  private static BadRecordException unsupported(String name) {
    return new BadRecordException(
        ErrorCode.UNSUPPORTED_PARAMETER, name + " is not a parameter of this engine");
  }
}
