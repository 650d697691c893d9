// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/**
 * The columns of a job's input, and the compact form in which a row's values travel: Avro binary,
 * one union of (null, the column's type, JSON text) per column in order. Immutable, serialisable.
 */
public final class Columns implements Serializable {

  /** An input without columns: requests that come from no file. */
  public static final Columns NONE = of(List.of());

  private static final long serialVersionUID = 1L;
  private static final int NULL = 0;
  private static final int VALUE = 1;
  private static final int JSON = 2;

  private final ArrayList<Column> columns;
  private final HashMap<String, Integer> indexByName = new HashMap<>();

  private Columns(List<Column> columns) {
    this.columns = new ArrayList<>(columns);
    for (int i = 0; i < columns.size(); i++) {
      if (indexByName.put(columns.get(i).name(), i) != null) {
        throw new IllegalArgumentException("two columns are named " + columns.get(i).name());
      }
    }
  }

  public static Columns of(List<Column> columns) {
    return new Columns(columns);
  }

  public List<Column> list() {
    return Collections.unmodifiableList(columns);
  }

  public int count() {
    return columns.size();
  }

  public OptionalInt indexOf(String name) {
    Integer index = indexByName.get(name);
    return index == null ? OptionalInt.empty() : OptionalInt.of(index);
  }

  /**
   * Lays values out by column; a value that is narrower than its column is widened.
   *
   * @throws IllegalArgumentException if a name or a value does not belong to these columns
   */
  public @Nullable Object[] arrange(Map<String, @Nullable Object> values) {
    @Nullable Object[] row = new @Nullable Object[columns.size()];
    values.forEach(
        (name, value) -> {
          Integer index = indexByName.get(name);
          if (index == null) {
            throw new IllegalArgumentException("column " + name + " is not among the job's");
          }
          row[index] = value == null ? null : fit(columns.get(index), value);
        });
    return row;
  }

  /** The values as bytes. */
  public byte[] encode(@Nullable Object[] row) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
    try {
      for (int i = 0; i < columns.size(); i++) {
        write(encoder, columns.get(i).type(), row[i]);
      }
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /** The values of {@link #encode}. */
  public @Nullable Object[] decode(byte[] bytes) {
    @Nullable Object[] row = new @Nullable Object[columns.size()];
    BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
    try {
      for (int i = 0; i < row.length; i++) {
        row[i] = read(decoder, columns.get(i).type());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("a row was not encoded with these columns", e);
    }
    return row;
  }

  private static Object fit(Column column, Object value) {
    Class<?> expected = column.type().physical().javaType();
    if (expected.isInstance(value)) {
      return value;
    }
    if (column.type() == ColumnType.TEXT) {
      return value instanceof JsonText ? value : new JsonText(JsonWriter.write(value));
    }
    if (column.type() == ColumnType.DOUBLE && value instanceof Number number) {
      return number.doubleValue();
    }
    if (column.type() == ColumnType.LONG && value instanceof Integer number) {
      return number.longValue();
    }
    throw new IllegalArgumentException(
        "column " + column.name() + " is " + column.type() + ", the value is of another type");
  }

  private static void write(BinaryEncoder encoder, ColumnType type, @Nullable Object value)
      throws IOException {
    if (value == null) {
      encoder.writeIndex(NULL);
    } else if (value instanceof JsonText json) {
      encoder.writeIndex(JSON);
      encoder.writeString(json.text());
    } else {
      encoder.writeIndex(VALUE);
      switch (type.physical()) {
        case BOOLEAN -> encoder.writeBoolean((Boolean) value);
        case INT -> encoder.writeInt((Integer) value);
        case LONG -> encoder.writeLong((Long) value);
        case FLOAT -> encoder.writeFloat((Float) value);
        case DOUBLE -> encoder.writeDouble((Double) value);
        case TEXT -> encoder.writeString((String) value);
        case BYTES -> encoder.writeBytes((byte[]) value);
      }
    }
  }

  private static @Nullable Object read(BinaryDecoder decoder, ColumnType type) throws IOException {
    int index = decoder.readIndex();
    if (index == NULL) {
      return null;
    }
    if (index == JSON) {
      return new JsonText(decoder.readString());
    }
    return switch (type.physical()) {
      case BOOLEAN -> decoder.readBoolean();
      case INT -> decoder.readInt();
      case LONG -> decoder.readLong();
      case FLOAT -> decoder.readFloat();
      case DOUBLE -> decoder.readDouble();
      case TEXT -> decoder.readString();
      case BYTES -> {
        var buffer = decoder.readBytes(null);
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        yield bytes;
      }
    };
  }
}
