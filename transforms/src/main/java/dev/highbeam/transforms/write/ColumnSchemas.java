// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import dev.highbeam.transforms.rows.Column;
import java.util.List;
import java.util.function.Supplier;
import org.apache.avro.JsonProperties;
import org.apache.avro.LogicalTypes;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;

/** Avro schemas of columns, on their way to become Parquet columns. */
final class ColumnSchemas {

  private ColumnSchemas() {}

  /** An optional field that holds a column's values under a name that may be any text. */
  static Schema.Field field(String name, Column column) {
    return field(name, optional(of(column)), "Input column " + column.name() + ".");
  }

  static Schema.Field field(String name, Schema schema, String doc) {
    return unchecked(
        () ->
            schema.getType() == Schema.Type.UNION
                ? new Schema.Field(name, schema, doc, JsonProperties.NULL_VALUE)
                : new Schema.Field(name, schema, doc));
  }

  static Schema record(String name, String doc, List<Schema.Field> fields) {
    return unchecked(() -> Schema.createRecord(name, doc, "dev.highbeam.schemas", false, fields));
  }

  private static Schema optional(Schema schema) {
    return Schema.createUnion(Schema.create(Schema.Type.NULL), schema);
  }

  private static Schema of(Column column) {
    return switch (column.type()) {
      case BOOLEAN -> Schema.create(Schema.Type.BOOLEAN);
      case INT -> Schema.create(Schema.Type.INT);
      case LONG -> Schema.create(Schema.Type.LONG);
      case FLOAT -> Schema.create(Schema.Type.FLOAT);
      case DOUBLE -> Schema.create(Schema.Type.DOUBLE);
      case TEXT -> Schema.create(Schema.Type.STRING);
      case BYTES -> Schema.create(Schema.Type.BYTES);
      case DATE -> LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT));
      case TIME_MILLIS -> LogicalTypes.timeMillis().addToSchema(Schema.create(Schema.Type.INT));
      case TIME_MICROS -> LogicalTypes.timeMicros().addToSchema(Schema.create(Schema.Type.LONG));
      case TIMESTAMP_MILLIS ->
          LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG));
      case TIMESTAMP_MICROS ->
          LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
      case TIMESTAMP_NANOS ->
          LogicalTypes.timestampNanos().addToSchema(Schema.create(Schema.Type.LONG));
      case LOCAL_TIMESTAMP_MILLIS ->
          LogicalTypes.localTimestampMillis().addToSchema(Schema.create(Schema.Type.LONG));
      case LOCAL_TIMESTAMP_MICROS ->
          LogicalTypes.localTimestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
      case LOCAL_TIMESTAMP_NANOS ->
          LogicalTypes.localTimestampNanos().addToSchema(Schema.create(Schema.Type.LONG));
      case DECIMAL ->
          LogicalTypes.decimal(column.precision(), column.scale())
              .addToSchema(Schema.create(Schema.Type.BYTES));
    };
  }

  /** Avro allows only identifiers as names; Parquet, and the user's columns, allow any text. */
  @SuppressWarnings("deprecation") // Only the parser of schema texts has another way to say it.
  private static <T> T unchecked(Supplier<T> maker) {
    NameValidator before = Schema.getNameValidator();
    Schema.setNameValidator(NameValidator.NO_VALIDATION);
    try {
      return maker.get();
    } finally {
      Schema.setNameValidator(before);
    }
  }
}
