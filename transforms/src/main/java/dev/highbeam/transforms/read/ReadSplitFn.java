// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.Failures;
import dev.highbeam.transforms.rows.InputRecord;
import dev.highbeam.transforms.rows.JsonWriter;
import java.io.IOException;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.TupleTag;
import org.jspecify.annotations.Nullable;

/** Reads one split; a row that cannot be understood goes to the failures, the others go on. */
final class ReadSplitFn extends DoFn<InputSplit, InputRecord> {

  private static final long serialVersionUID = 1L;

  private final Columns columns;
  private final TupleTag<InputRecord> records;
  private final TupleTag<GenericRecord> failures;
  private final Counter rows = Metrics.counter("highbeam", "rows_read");
  private final Counter broken = Metrics.counter("highbeam", "rows_broken");

  ReadSplitFn(Columns columns, TupleTag<InputRecord> records, TupleTag<GenericRecord> failures) {
    this.columns = columns;
    this.records = records;
    this.failures = failures;
  }

  @ProcessElement
  public void read(@Element InputSplit split, MultiOutputReceiver output) throws IOException {
    try (RowReader reader = split.open()) {
      for (SourceRow row = reader.next(); row != null; row = reader.next()) {
        rows.inc();
        SourceRow.Broken refused =
            row instanceof SourceRow.Good good ? emit(split, good, output) : (SourceRow.Broken) row;
        if (refused != null) {
          broken.inc();
          output.get(failures).output(failure(split.source(), refused));
        }
      }
    }
  }

  /** Gives the row on, or says why it cannot. */
  private SourceRow.@Nullable Broken emit(
      InputSplit split, SourceRow.Good row, MultiOutputReceiver output) {
    byte[] bytes;
    try {
      bytes = columns.encode(columns.arrange(row.values()));
    } catch (IllegalArgumentException e) {
      // Either the survey refused the row's columns as too many, or the file is another one now.
      return new SourceRow.Broken(
          row.position(),
          ErrorCode.BAD_REQUEST,
          "the row does not suit the job's columns: " + e.getMessage(),
          JsonWriter.write(row.values()));
    }
    output.get(records).output(new InputRecord(split.source(), row.position(), bytes));
    return null;
  }

  private static GenericRecord failure(String source, SourceRow.Broken row) {
    String id = Failures.madeId(source, row.position());
    return Failures.of(
        new Failures.RowKey(id, source, row.position()), row.code(), row.message(), row.record());
  }
}
