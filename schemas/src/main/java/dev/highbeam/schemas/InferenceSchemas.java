// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.schemas;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericData.StringType;

/**
 * The current schemas, read once from the {@code .avsc} files beside this class. Text is read as
 * {@link String}. Immutable by use: nobody adds properties to them.
 */
public final class InferenceSchemas {

  /** One prompt to complete. */
  public static final Schema REQUEST = load("inference_request.avsc");

  /** One generated sample. */
  public static final Schema RESULT = load("inference_result.avsc");

  /** One record that could not be served. */
  public static final Schema FAILURE = load("inference_failure.avsc");

  /** How one request of an unfinished shard ended. */
  public static final Schema JOURNAL_ENTRY = load("journal_entry.avsc", RESULT, FAILURE);

  /** A record that gets the rows of an equal request. */
  public static final Schema SHARD_COPY = load("shard_copy.avsc");

  private InferenceSchemas() {}

  private static Schema load(String file, Schema... named) {
    try (InputStream in = InferenceSchemas.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("schema " + file + " is missing from the jar");
      }
      Schema.Parser parser = new Schema.Parser();
      parser.addTypes(List.of(named));
      Schema schema = parser.parse(in);
      readTextAsStrings(schema);
      return schema;
    } catch (IOException e) {
      throw new UncheckedIOException("schema " + file + " cannot be read", e);
    }
  }

  /** Avro's own text class is mutable and equal to no String; its users would have to convert. */
  private static void readTextAsStrings(Schema schema) {
    switch (schema.getType()) {
      case STRING -> GenericData.setStringType(schema, StringType.String);
      case MAP -> {
        GenericData.setStringType(schema, StringType.String);
        readTextAsStrings(schema.getValueType());
      }
      case ARRAY -> readTextAsStrings(schema.getElementType());
      case UNION -> schema.getTypes().forEach(InferenceSchemas::readTextAsStrings);
      case RECORD -> schema.getFields().forEach(field -> readTextAsStrings(field.schema()));
      case ENUM, FIXED, BYTES, INT, LONG, FLOAT, DOUBLE, BOOLEAN, NULL -> {
        // Holds no text.
      }
    }
  }
}
