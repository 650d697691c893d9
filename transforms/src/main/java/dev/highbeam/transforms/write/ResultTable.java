// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.rows.Column;
import dev.highbeam.transforms.rows.ColumnType;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.JsonText;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * Results with the input columns laid beside them. An input column whose name is taken gets the
 * prefix {@code input_} (letter case does not count, because it does not for many readers of the
 * files). The text column custom_id is the result's own custom_id and not laid out twice.
 */
final class ResultTable implements Table {

  private static final long serialVersionUID = 1L;
  private static final String PREFIX = "input_";

  /** Columns that are there only if something may fill them. */
  private static final Set<String> OPTIONAL =
      Set.of(
          ResultFields.TOKEN_IDS,
          ResultFields.TOKEN_LOGPROBS,
          ResultFields.TOP_LOGPROBS,
          ResultFields.PROMPT_LOGPROBS);

  private final Columns columns;
  private final String idColumn;
  private final TreeSet<String> optional;

  ResultTable(Columns columns, String idColumn, Set<String> optional) {
    this.columns = columns;
    this.idColumn = idColumn;
    this.optional = new TreeSet<>(optional);
  }

  @Override
  public Schema partSchema() {
    return InferenceSchemas.RESULT;
  }

  @Override
  public Layout layout() {
    return new ResultLayout();
  }

  /** The result's own columns. */
  private List<Schema.Field> ownFields() {
    List<Schema.Field> own = new ArrayList<>();
    for (Schema.Field field : InferenceSchemas.RESULT.getFields()) {
      boolean wanted = !OPTIONAL.contains(field.name()) || optional.contains(field.name());
      if (wanted && !field.name().equals(ResultFields.COLUMNS)) {
        own.add(field);
      }
    }
    return own;
  }

  /** The name of each input column in the file, null for the one that is left out. */
  List<@Nullable String> columnNames() {
    Set<String> taken = new HashSet<>();
    ownFields().forEach(field -> taken.add(field.name()));
    Set<String> inputNames = new HashSet<>();
    columns.list().forEach(column -> inputNames.add(lower(column.name())));
    List<@Nullable String> names = new ArrayList<>();
    for (Column column : columns.list()) {
      String name = column.name();
      if (isOwnId(column)) {
        names.add(null);
        continue;
      }
      if (taken.contains(lower(name))) {
        do {
          name = PREFIX + name;
        } while (taken.contains(lower(name)) || inputNames.contains(lower(name)));
      }
      names.add(name);
    }
    return names;
  }

  private boolean isOwnId(Column column) {
    return column.name().equals(ResultFields.CUSTOM_ID)
        && column.name().equals(idColumn)
        && column.type() == ColumnType.TEXT;
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  private final class ResultLayout implements Layout {

    private final List<Schema.Field> own = ownFields();
    private final List<@Nullable String> names = columnNames();
    private final Schema schema;

    ResultLayout() {
      List<Schema.Field> fields = new ArrayList<>();
      for (Schema.Field field : own) {
        fields.add(ColumnSchemas.field(field.name(), field.schema(), field.doc()));
      }
      for (int i = 0; i < names.size(); i++) {
        String name = names.get(i);
        if (name != null) {
          fields.add(ColumnSchemas.field(name, columns.list().get(i)));
        }
      }
      schema = ColumnSchemas.record("Result", InferenceSchemas.RESULT.getDoc(), fields);
    }

    @Override
    public Schema schema() {
      return schema;
    }

    @Override
    public GenericRecord row(GenericRecord part) {
      GenericRecord row = new GenericData.Record(schema);
      int position = 0;
      for (Schema.Field field : own) {
        row.put(position++, part.get(field.pos()));
      }
      ByteBuffer buffer = (ByteBuffer) part.get(ResultFields.COLUMNS);
      if (buffer.hasRemaining()) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        @Nullable Object[] values = columns.decode(bytes);
        for (int i = 0; i < values.length; i++) {
          if (names.get(i) != null) {
            row.put(position++, avro(values[i]));
          }
        }
      }
      return row;
    }

    private @Nullable Object avro(@Nullable Object value) {
      if (value instanceof JsonText json) {
        return json.text();
      }
      return value instanceof byte[] bytes ? ByteBuffer.wrap(bytes) : value;
    }
  }
}
