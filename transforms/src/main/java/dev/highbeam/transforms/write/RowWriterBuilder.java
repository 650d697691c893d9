// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import java.util.ArrayList;
import java.util.List;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.avro.AvroSchemaConverter;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Types;
import org.jspecify.annotations.Nullable;

/**
 * Writers of Avro rows, like parquet-avro's own, but with timestamps in nanoseconds, which that one
 * would turn into plain numbers.
 */
final class RowWriterBuilder extends ParquetWriter.Builder<GenericRecord, RowWriterBuilder> {

  private final Schema schema;

  RowWriterBuilder(OutputFile file, Schema schema) {
    super(file);
    this.schema = schema;
  }

  @Override
  protected RowWriterBuilder self() {
    return this;
  }

  @Override
  @SuppressWarnings("deprecation") // Abstract in the parent, so it must be here.
  protected WriteSupport<GenericRecord> getWriteSupport(Configuration configuration) {
    throw new UnsupportedOperationException("rows are written without Hadoop's configuration");
  }

  @Override
  protected WriteSupport<GenericRecord> getWriteSupport(ParquetConfiguration configuration) {
    MessageType converted = new AvroSchemaConverter(configuration).convert(schema);
    List<Type> fields = new ArrayList<>();
    for (Schema.Field field : schema.getFields()) {
      Type type = converted.getType(field.pos());
      fields.add(isNanos(field.schema()) ? nanos(field) : type);
    }
    MessageType message = new MessageType(converted.getName(), fields);
    return new AvroWriteSupport<>(message, schema, GenericData.get());
  }

  private static boolean isNanos(Schema optional) {
    LogicalType type = logicalType(optional);
    return type instanceof LogicalTypes.TimestampNanos
        || type instanceof LogicalTypes.LocalTimestampNanos;
  }

  private static Type nanos(Schema.Field field) {
    boolean utc = logicalType(field.schema()) instanceof LogicalTypes.TimestampNanos;
    return Types.optional(PrimitiveTypeName.INT64)
        .as(LogicalTypeAnnotation.timestampType(utc, TimeUnit.NANOS))
        .named(field.name());
  }

  private static @Nullable LogicalType logicalType(Schema optional) {
    return optional.isUnion() ? optional.getTypes().get(1).getLogicalType() : null;
  }
}
