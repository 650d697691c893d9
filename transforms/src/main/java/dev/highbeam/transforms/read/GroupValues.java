// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.BadRecordException;
import dev.highbeam.transforms.rows.Column;
import dev.highbeam.transforms.rows.ColumnType;
import dev.highbeam.transforms.rows.JsonText;
import dev.highbeam.transforms.rows.JsonWriter;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation.ListLogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.MapLogicalTypeAnnotation;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

/** Turns Parquet's record structure into the values of a row. Stateless. */
final class GroupValues {

  private static final long JULIAN_DAY_OF_EPOCH = 2_440_588L;
  private static final long MICROS_PER_DAY = 86_400_000_000L;

  private GroupValues() {}

  /** The values of a row by column. */
  static Map<String, @Nullable Object> of(Group row) throws BadRecordException {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    GroupType schema = row.getType();
    for (int field = 0; field < schema.getFieldCount(); field++) {
      Type type = schema.getType(field);
      if (isSimple(type)) {
        boolean present = row.getFieldRepetitionCount(field) > 0;
        values.put(type.getName(), present ? scalar(row, field, 0) : null);
      } else {
        Object tree = tree(row, field, type);
        values.put(type.getName(), tree == null ? null : new JsonText(JsonWriter.write(tree)));
      }
    }
    return values;
  }

  private static boolean isSimple(Type type) {
    return type.isPrimitive() && !type.isRepetition(Type.Repetition.REPEATED);
  }

  private static @Nullable Object tree(Group group, int field, Type type)
      throws BadRecordException {
    int count = group.getFieldRepetitionCount(field);
    if (!type.isRepetition(Type.Repetition.REPEATED)) {
      return count == 0 ? null : element(group, field, 0, type);
    }
    List<@Nullable Object> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      items.add(element(group, field, i, type));
    }
    return items;
  }

  private static @Nullable Object element(Group group, int field, int index, Type type)
      throws BadRecordException {
    if (type.isPrimitive()) {
      Object value = scalar(group, field, index);
      Column column = ParquetColumns.of(type.asPrimitiveType());
      return column.type() == ColumnType.DECIMAL
          ? new BigDecimal(new BigInteger((byte[]) value), column.scale())
          : value;
    }
    Group inner = group.getGroup(field, index);
    GroupType schema = type.asGroupType();
    if (schema.getFieldCount() == 1 && !schema.getType(0).isPrimitive()) {
      GroupType repeated = schema.getType(0).asGroupType();
      if (schema.getLogicalTypeAnnotation() instanceof ListLogicalTypeAnnotation
          && repeated.getFieldCount() == 1) {
        return list(inner, repeated);
      }
      if (schema.getLogicalTypeAnnotation() instanceof MapLogicalTypeAnnotation
          && repeated.getFieldCount() == 2) {
        return map(inner, repeated);
      }
    }
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    for (int i = 0; i < schema.getFieldCount(); i++) {
      members.put(schema.getFieldName(i), tree(inner, i, schema.getType(i)));
    }
    return members;
  }

  private static List<@Nullable Object> list(Group list, GroupType repeated)
      throws BadRecordException {
    List<@Nullable Object> items = new ArrayList<>();
    for (int i = 0; i < list.getFieldRepetitionCount(0); i++) {
      items.add(tree(list.getGroup(0, i), 0, repeated.getType(0)));
    }
    return items;
  }

  private static Map<String, @Nullable Object> map(Group map, GroupType repeated)
      throws BadRecordException {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    for (int i = 0; i < map.getFieldRepetitionCount(0); i++) {
      Group entry = map.getGroup(0, i);
      Object key = tree(entry, 0, repeated.getType(0));
      String name = key instanceof String text ? text : JsonWriter.write(key);
      members.put(name, tree(entry, 1, repeated.getType(1)));
    }
    return members;
  }

  private static Object scalar(Group group, int field, int index) throws BadRecordException {
    PrimitiveType type = group.getType().getType(field).asPrimitiveType();
    ColumnType column = ParquetColumns.of(type).type();
    return switch (type.getPrimitiveTypeName()) {
      case BOOLEAN -> group.getBoolean(field, index);
      case INT32 -> ofInt(group.getInteger(field, index), column);
      case INT64 -> ofLong(group.getLong(field, index), column);
      case INT96 -> micros(group.getInt96(field, index));
      case FLOAT -> group.getFloat(field, index);
      case DOUBLE -> group.getDouble(field, index);
      case BINARY, FIXED_LEN_BYTE_ARRAY -> ofBinary(group.getBinary(field, index), type, column);
    };
  }

  private static Object ofInt(int value, ColumnType column) {
    if (column == ColumnType.LONG) {
      return Integer.toUnsignedLong(value);
    }
    return column == ColumnType.DECIMAL ? BigInteger.valueOf(value).toByteArray() : (Object) value;
  }

  private static Object ofLong(long value, ColumnType column) {
    if (column == ColumnType.TEXT) {
      return new JsonText(Long.toUnsignedString(value));
    }
    return column == ColumnType.DECIMAL ? BigInteger.valueOf(value).toByteArray() : (Object) value;
  }

  private static Object ofBinary(Binary value, PrimitiveType type, ColumnType column)
      throws BadRecordException {
    byte[] bytes = value.getBytes();
    if (column != ColumnType.TEXT) {
      return bytes;
    }
    if (type.getPrimitiveTypeName() == PrimitiveTypeName.FIXED_LEN_BYTE_ARRAY) {
      ByteBuffer halves = ByteBuffer.wrap(bytes);
      return new UUID(halves.getLong(), halves.getLong()).toString();
    }
    try {
      return Utf8.decode(bytes, 0, bytes.length);
    } catch (CharacterCodingException e) {
      throw new BadRecordException(
          ErrorCode.BAD_ENCODING, "the column " + type.getName() + " is not UTF-8");
    }
  }

  /** Microseconds since 1970 of the old form: nanoseconds of the day, then the Julian day. */
  private static Object micros(Binary value) {
    ByteBuffer parts = value.toByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    long nanosOfDay = parts.getLong();
    long day = parts.getInt() - JULIAN_DAY_OF_EPOCH;
    return day * MICROS_PER_DAY + nanosOfDay / 1000;
  }
}
