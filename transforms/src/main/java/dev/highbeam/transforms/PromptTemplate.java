// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.BadRecordException;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.JsonText;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A prompt with places for columns: {@code Translate: {{text}}}. Spaces inside the braces do not
 * count, nothing else has a meaning. Texts go in as they are, other values as JSON.
 */
final class PromptTemplate implements Serializable {

  private static final long serialVersionUID = 1L;
  private static final String OPEN = "{{";
  private static final String CLOSE = "}}";

  /** Literal i comes before column i; the last literal has no column behind it. */
  private final ArrayList<String> literals = new ArrayList<>();

  private final ArrayList<String> columns = new ArrayList<>();

  private PromptTemplate() {}

  /**
   * Parses a template.
   *
   * @throws InvalidSettingException if braces stay open or a place is empty
   */
  static PromptTemplate parse(String text) {
    PromptTemplate template = new PromptTemplate();
    int position = 0;
    for (int open = text.indexOf(OPEN); open >= 0; open = text.indexOf(OPEN, position)) {
      int close = text.indexOf(CLOSE, open);
      String name = close < 0 ? "" : text.substring(open + OPEN.length(), close).trim();
      if (name.isEmpty()) {
        throw new InvalidSettingException("template", text, "a text with places like {{column}}");
      }
      template.literals.add(text.substring(position, open));
      template.columns.add(name);
      position = close + CLOSE.length();
    }
    template.literals.add(text.substring(position));
    return template;
  }

  /** Names of the columns that the template needs. */
  List<String> columns() {
    return List.copyOf(columns);
  }

  /**
   * Refuses a template that no row of an input with these columns could fill.
   *
   * @throws InvalidSettingException naming the column
   */
  void checkAgainst(Columns input) {
    for (String name : columns) {
      if (input.count() > 0 && input.indexOf(name).isEmpty()) {
        String known =
            input.list().stream().limit(20).map(c -> c.name()).collect(Collectors.joining(", "));
        throw new InvalidSettingException("template column", name, "one of " + known);
      }
    }
  }

  /** The prompt of a row. */
  String render(Columns input, @Nullable Object[] row) throws BadRecordException {
    StringBuilder prompt = new StringBuilder();
    for (int i = 0; i < columns.size(); i++) {
      prompt.append(literals.get(i)).append(value(input, row, columns.get(i)));
    }
    return prompt.append(literals.get(columns.size())).toString();
  }

  private static String value(Columns input, @Nullable Object[] row, String name)
      throws BadRecordException {
    OptionalInt index = input.indexOf(name);
    Object value = index.isPresent() ? row[index.getAsInt()] : null;
    if (value == null) {
      throw new BadRecordException(
          ErrorCode.TEMPLATE, "the template needs column " + name + ", which the row has not");
    }
    if (value instanceof byte[]) {
      throw new BadRecordException(
          ErrorCode.TEMPLATE, "the template needs column " + name + ", which holds bytes");
    }
    return value instanceof JsonText json ? json.text() : value.toString();
  }
}
