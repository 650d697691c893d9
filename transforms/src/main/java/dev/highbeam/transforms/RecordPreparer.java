// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.rows.BadRecordException;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.Failures;
import dev.highbeam.transforms.rows.InputRecord;
import dev.highbeam.transforms.rows.JsonWriter;
import java.io.Serializable;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/** Makes one request or one failure of each record. Immutable. */
final class RecordPreparer implements Serializable {

  private static final long serialVersionUID = 1L;

  private final Columns columns;
  private final RequestMaker maker;

  RecordPreparer(Columns columns, RequestMaker maker) {
    this.columns = columns;
    this.maker = maker;
  }

  /** A request, or why the record is none; one of the two is null. */
  record Prepared(@Nullable InferenceRequest request, @Nullable GenericRecord failure) {}

  Prepared prepare(InputRecord record) {
    @Nullable Object[] row = columns.decode(record.columns());
    try {
      return new Prepared(maker.request(record, row), null);
    } catch (BadRecordException e) {
      Failures.RowKey key =
          new Failures.RowKey(maker.customId(record, row), record.source(), record.position());
      String text = JsonWriter.writeRow(columns, row);
      return new Prepared(null, Failures.of(key, e.code(), e.sentence(), text));
    }
  }
}
