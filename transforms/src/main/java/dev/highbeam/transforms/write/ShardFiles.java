// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import dev.highbeam.transforms.shards.DurableFile;
import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.OutputException;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.Map;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.hadoop.ParquetWriter;

/** Writes a shard's rows as they will lie in the job's files, one Parquet file of each kind. */
public final class ShardFiles implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Gives rows one by one. */
  public interface Rows {
    void forEach(Receiver receiver) throws IOException;
  }

  /** Takes a row. */
  public interface Receiver {
    void row(GenericRecord row) throws IOException;
  }

  private final Table results;
  private final Table failures = new FailureTable();

  private ShardFiles(Table results) {
    this.results = results;
  }

  /** Results with the columns that this transform would write. */
  public static ShardFiles laidOutAs(WriteResults results) {
    return new ShardFiles(results.table());
  }

  /** Writes rows of the schema {@code InferenceSchemas.RESULT}. */
  public FileFacts writeResults(Path target, Rows rows) throws OutputException {
    return write(target, results, rows);
  }

  /** Writes rows of the schema {@code InferenceSchemas.FAILURE}. */
  public FileFacts writeErrors(Path target, Rows rows) throws OutputException {
    return write(target, failures, rows);
  }

  Table table(OutputKind kind) {
    return kind == OutputKind.RESULTS ? results : failures;
  }

  private static FileFacts write(Path target, Table table, Rows rows) throws OutputException {
    try (DurableFile file = DurableFile.begin(target)) {
      Table.Layout layout = table.layout();
      long[] count = {0};
      try (ParquetWriter<GenericRecord> writer =
          ParquetOutput.rows(file.path(), layout.schema(), Map.of())) {
        rows.forEach(
            row -> {
              writer.write(layout.row(row));
              count[0]++;
            });
      }
      FileFacts facts = FileFacts.of(file.path(), String.valueOf(target.getFileName()), count[0]);
      file.commit();
      return facts;
    } catch (IOException e) {
      throw OutputException.of(target, e);
    }
  }
}
