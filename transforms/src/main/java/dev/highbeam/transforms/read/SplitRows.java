// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.Columns;
import dev.highbeam.transforms.rows.Failures;
import dev.highbeam.transforms.rows.InputRecord;
import dev.highbeam.transforms.rows.JsonWriter;
import java.io.IOException;
import org.apache.avro.generic.GenericRecord;

/** The rows of a split: each is a record or a failure. */
public final class SplitRows {

  /** Takes rows in the order in which they lie in the file. */
  public interface Receiver {

    void record(InputRecord record) throws IOException;

    void failure(GenericRecord failure) throws IOException;
  }

  private SplitRows() {}

  /** Reads a split to its end; a row that cannot be understood does not stop it. */
  public static void read(InputSplit split, Columns columns, Receiver receiver) throws IOException {
    try (RowReader reader = split.open()) {
      for (SourceRow row = reader.next(); row != null; row = reader.next()) {
        if (row instanceof SourceRow.Good good) {
          give(split, good, columns, receiver);
        } else {
          receiver.failure(failure(split.source(), (SourceRow.Broken) row));
        }
      }
    }
  }

  private static void give(InputSplit split, SourceRow.Good row, Columns columns, Receiver receiver)
      throws IOException {
    byte[] bytes;
    try {
      bytes = columns.encode(columns.arrange(row.values()));
    } catch (IllegalArgumentException e) {
      // Either the survey refused the row's columns as too many, or the file is another one now.
      SourceRow.Broken broken =
          new SourceRow.Broken(
              row.position(),
              ErrorCode.BAD_REQUEST,
              "the row does not suit the job's columns: " + e.getMessage(),
              JsonWriter.write(row.values()));
      receiver.failure(failure(split.source(), broken));
      return;
    }
    receiver.record(new InputRecord(split.source(), row.position(), bytes));
  }

  private static GenericRecord failure(String source, SourceRow.Broken row) {
    String id = Failures.madeId(source, row.position());
    return Failures.of(
        new Failures.RowKey(id, source, row.position()), row.code(), row.message(), row.record());
  }
}
