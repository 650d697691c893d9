// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.transforms.rows.Column;
import dev.highbeam.transforms.rows.ColumnType;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DateLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.EnumLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.IntLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.JsonLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.StringLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimestampLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.UUIDLogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/**
 * Which of our column types a Parquet column becomes. Nested and repeated columns become JSON text;
 * so do 64-bit numbers without a sign, which no signed column holds.
 */
final class ParquetColumns {

  private ParquetColumns() {}

  static List<Column> of(MessageType schema) {
    List<Column> columns = new ArrayList<>();
    for (Type type : schema.getFields()) {
      columns.add(
          type.isPrimitive() && !type.isRepetition(Type.Repetition.REPEATED)
              ? of(type.asPrimitiveType())
              : Column.of(type.getName(), ColumnType.TEXT));
    }
    return columns;
  }

  static Column of(PrimitiveType type) {
    LogicalTypeAnnotation logical = type.getLogicalTypeAnnotation();
    if (logical instanceof DecimalLogicalTypeAnnotation decimal) {
      return Column.decimal(type.getName(), decimal.getPrecision(), decimal.getScale());
    }
    ColumnType result =
        switch (type.getPrimitiveTypeName()) {
          case BOOLEAN -> ColumnType.BOOLEAN;
          case INT32 -> ofInt(logical);
          case INT64 -> ofLong(logical);
          case INT96 -> ColumnType.LOCAL_TIMESTAMP_MICROS;
          case FLOAT -> ColumnType.FLOAT;
          case DOUBLE -> ColumnType.DOUBLE;
          case BINARY -> isText(logical) ? ColumnType.TEXT : ColumnType.BYTES;
          case FIXED_LEN_BYTE_ARRAY ->
              logical instanceof UUIDLogicalTypeAnnotation ? ColumnType.TEXT : ColumnType.BYTES;
        };
    return Column.of(type.getName(), result);
  }

  private static boolean isText(@Nullable LogicalTypeAnnotation logical) {
    return logical instanceof StringLogicalTypeAnnotation
        || logical instanceof EnumLogicalTypeAnnotation
        || logical instanceof JsonLogicalTypeAnnotation;
  }

  private static ColumnType ofInt(@Nullable LogicalTypeAnnotation logical) {
    if (logical instanceof DateLogicalTypeAnnotation) {
      return ColumnType.DATE;
    }
    if (logical instanceof TimeLogicalTypeAnnotation) {
      return ColumnType.TIME_MILLIS;
    }
    boolean unsigned =
        logical instanceof IntLogicalTypeAnnotation integer
            && !integer.isSigned()
            && integer.getBitWidth() == 32;
    return unsigned ? ColumnType.LONG : ColumnType.INT;
  }

  private static ColumnType ofLong(@Nullable LogicalTypeAnnotation logical) {
    if (logical instanceof TimeLogicalTypeAnnotation time) {
      // Avro knows no time of day in nanoseconds; the number stays what it was.
      return time.getUnit() == TimeUnit.MICROS ? ColumnType.TIME_MICROS : ColumnType.LONG;
    }
    if (logical instanceof TimestampLogicalTypeAnnotation timestamp) {
      boolean utc = timestamp.isAdjustedToUTC();
      return switch (timestamp.getUnit()) {
        case MILLIS -> utc ? ColumnType.TIMESTAMP_MILLIS : ColumnType.LOCAL_TIMESTAMP_MILLIS;
        case MICROS -> utc ? ColumnType.TIMESTAMP_MICROS : ColumnType.LOCAL_TIMESTAMP_MICROS;
        case NANOS -> utc ? ColumnType.TIMESTAMP_NANOS : ColumnType.LOCAL_TIMESTAMP_NANOS;
      };
    }
    boolean unsigned = logical instanceof IntLogicalTypeAnnotation integer && !integer.isSigned();
    return unsigned ? ColumnType.TEXT : ColumnType.LONG;
  }
}
