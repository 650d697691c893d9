// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.InputRecord;
import java.io.IOException;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.TupleTag;

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
    SplitRows.read(
        split,
        columns,
        new SplitRows.Receiver() {
          @Override
          public void record(InputRecord record) {
            rows.inc();
            output.get(records).output(record);
          }

          @Override
          public void failure(GenericRecord failure) {
            rows.inc();
            broken.inc();
            output.get(failures).output(failure);
          }
        });
  }
}
