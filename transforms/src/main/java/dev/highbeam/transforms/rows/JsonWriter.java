// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes values as JSON: a value whose column widened to text, and whole rows for error records,
 * where nulls are left out. Bytes become base64, values without a JSON number (NaN) texts.
 */
public final class JsonWriter {

  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonWriter() {}

  /** One value: a scalar, JsonText, List or Map. */
  public static String write(@Nullable Object value) {
    return toText(generator -> writeValue(generator, value));
  }

  /** A row as one object. */
  public static String writeRow(Columns columns, @Nullable Object[] row) {
    return toText(
        generator -> {
          generator.writeStartObject();
          for (int i = 0; i < row.length; i++) {
            Object value = row[i];
            Column column = columns.list().get(i);
            if (value != null) {
              generator.writeFieldName(column.name());
              boolean decimal = column.type() == ColumnType.DECIMAL && value instanceof byte[];
              writeValue(
                  generator,
                  decimal ? new BigDecimal(new BigInteger((byte[]) value), column.scale()) : value);
            }
          }
          generator.writeEndObject();
        });
  }

  private static void writeValue(JsonGenerator generator, @Nullable Object value)
      throws IOException {
    if (value == null) {
      generator.writeNull();
    } else if (value instanceof JsonText json) {
      generator.writeRawValue(json.text());
    } else if (value instanceof String text) {
      generator.writeString(text);
    } else if (value instanceof Boolean bool) {
      generator.writeBoolean(bool);
    } else if (value instanceof Integer || value instanceof Long) {
      generator.writeNumber(((Number) value).longValue());
    } else if (value instanceof Float number) {
      generator.writeNumber(number);
    } else if (value instanceof Double number) {
      generator.writeNumber(number);
    } else if (value instanceof BigDecimal number) {
      generator.writeNumber(number);
    } else if (value instanceof byte[] bytes) {
      generator.writeBinary(bytes);
    } else if (value instanceof List<?> list) {
      generator.writeStartArray();
      for (Object item : list) {
        writeValue(generator, item);
      }
      generator.writeEndArray();
    } else if (value instanceof Map<?, ?> map) {
      generator.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        generator.writeFieldName(String.valueOf(entry.getKey()));
        writeValue(generator, entry.getValue());
      }
      generator.writeEndObject();
    } else {
      throw new IllegalArgumentException("no JSON for a " + value.getClass().getName());
    }
  }

  private static String toText(Body body) {
    StringWriter text = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(text)) {
      body.write(generator);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return text.toString();
  }

  private interface Body {
    void write(JsonGenerator generator) throws IOException;
  }
}
