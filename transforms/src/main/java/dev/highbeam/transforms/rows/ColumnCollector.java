// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the columns of an input row by row: the union of all names, in the order of their first
 * appearance, each as wide as its values need. Used by one thread.
 */
public final class ColumnCollector {

  /** Rows that would bring more columns than this into the job are refused. */
  public static final int MAX_COLUMNS = 4096;

  private final Map<String, @Nullable Column> columns = new LinkedHashMap<>();

  /** Takes a row of JSON in; changes nothing and returns false if it has too many new columns. */
  public boolean addRow(Map<String, @Nullable Object> values) {
    int fresh = 0;
    for (String name : values.keySet()) {
      fresh += columns.containsKey(name) ? 0 : 1;
    }
    if (columns.size() + fresh > MAX_COLUMNS) {
      return false;
    }
    values.forEach((name, value) -> add(name, value == null ? null : typeOf(name, value)));
    return true;
  }

  /** Takes a declared column in; false if there are too many. */
  public boolean addColumn(Column column) {
    if (!columns.containsKey(column.name()) && columns.size() == MAX_COLUMNS) {
      return false;
    }
    add(column.name(), column);
    return true;
  }

  /** The columns so far; one that held only nulls is a text. */
  public Columns columns() {
    List<Column> result = new ArrayList<>();
    columns.forEach(
        (name, column) -> result.add(column == null ? Column.of(name, ColumnType.TEXT) : column));
    return Columns.of(result);
  }

  private void add(String name, @Nullable Column column) {
    Column known = columns.get(name);
    if (known == null || column == null) {
      columns.put(name, known == null ? column : known);
    } else {
      columns.put(name, known.widenedTo(column));
    }
  }

  private static Column typeOf(String name, Object value) {
    ColumnType type = ColumnType.TEXT;
    if (value instanceof Boolean) {
      type = ColumnType.BOOLEAN;
    } else if (value instanceof Long) {
      type = ColumnType.LONG;
    } else if (value instanceof Double) {
      type = ColumnType.DOUBLE;
    }
    return Column.of(name, type);
  }
}
