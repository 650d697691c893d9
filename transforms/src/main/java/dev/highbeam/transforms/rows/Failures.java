// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.schemas.FailureFields;
import dev.highbeam.schemas.InferenceSchemas;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.extensions.avro.coders.AvroGenericCoder;

/** Makes the rows of errors/*.parquet. */
public final class Failures {

  private Failures() {}

  /** The coder of failures. */
  public static Coder<GenericRecord> coder() {
    return AvroGenericCoder.of(InferenceSchemas.FAILURE);
  }

  /** The id of a record that has none. */
  public static String madeId(String source, long position) {
    return source + ":" + position;
  }

  /** A failure of the record with this id and key. */
  public static GenericRecord of(RowKey key, ErrorCode code, String message, String record) {
    GenericRecord failure = new GenericData.Record(InferenceSchemas.FAILURE);
    failure.put(FailureFields.CUSTOM_ID, key.customId());
    failure.put(FailureFields.SOURCE, key.source());
    failure.put(FailureFields.POSITION, key.position());
    failure.put(FailureFields.CODE, code.name());
    failure.put(FailureFields.MESSAGE, message);
    failure.put(FailureFields.RECORD, record);
    return failure;
  }

  /** Who a record is: the caller's name for it and where it came from. */
  public record RowKey(String customId, String source, long position) {}
}
