// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.parquet.ParquetCodecs;
import dev.highbeam.transforms.rows.BadRecordException;
import dev.highbeam.transforms.rows.Column;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;
import org.jspecify.annotations.Nullable;

/** Rows of one row group of a Parquet file. */
final class ParquetRows implements RowReader {

  private final Path file;
  private final int rowGroup;
  private long position;
  private long rowsLeft;
  private @Nullable ParquetFileReader reader;
  private @Nullable RecordReader<Group> records;
  private boolean ended;

  ParquetRows(Path file, int rowGroup, long firstPosition) {
    this.file = file;
    this.rowGroup = rowGroup;
    this.position = firstPosition;
  }

  /** What a file's footer says: its columns, and how many rows each row group has. */
  record Footer(List<Column> columns, List<Long> rowCounts) {}

  /**
   * Reads the footer only.
   *
   * @throws IOException if the file is damaged or has nothing that is Parquet
   */
  static Footer footer(Path file) throws IOException {
    try (ParquetFileReader reader = open(file)) {
      List<Long> rowCounts = new ArrayList<>();
      for (BlockMetaData block : reader.getRowGroups()) {
        rowCounts.add(block.getRowCount());
      }
      return new Footer(ParquetColumns.of(reader.getFileMetaData().getSchema()), rowCounts);
    } catch (RuntimeException | StackOverflowError e) {
      throw new IOException("the footer is damaged: " + e.getMessage(), e);
    }
  }

  @Override
  public @Nullable SourceRow next() {
    if (ended) {
      return null;
    }
    try {
      RecordReader<Group> reading = records;
      if (reading == null) {
        reading = start();
        records = reading;
      }
      if (rowsLeft == 0) {
        ended = true;
        return null;
      }
      rowsLeft--;
      return row(reading.read());
    } catch (IOException | RuntimeException | StackOverflowError e) {
      // Damaged files end in exceptions of every kind deep inside the library.
      ended = true;
      String rest = rowsLeft > 0 ? " (" + rowsLeft + " more rows of the row group)" : "";
      return new SourceRow.Broken(
          position,
          ErrorCode.CORRUPT_INPUT,
          "the file cannot be read from here on" + rest + ": " + e.getMessage(),
          "");
    }
  }

  @Override
  public void close() throws IOException {
    ended = true;
    if (reader != null) {
      reader.close();
    }
  }

  private RecordReader<Group> start() throws IOException {
    ParquetFileReader opened = open(file);
    reader = opened;
    if (rowGroup >= opened.getRowGroups().size()) {
      throw new IOException("there is no row group " + rowGroup);
    }
    MessageType schema = opened.getFileMetaData().getSchema();
    PageReadStore pages = opened.readRowGroup(rowGroup);
    rowsLeft = pages.getRowCount();
    return new ColumnIOFactory(opened.getFileMetaData().getCreatedBy())
        .getColumnIO(schema)
        .getRecordReader(pages, new GroupRecordConverter(schema));
  }

  private SourceRow row(Group group) {
    long current = position++;
    try {
      return new SourceRow.Good(current, GroupValues.of(group));
    } catch (BadRecordException e) {
      return new SourceRow.Broken(current, e.code(), e.sentence(), group.toString());
    }
  }

  private static ParquetFileReader open(Path file) throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs())
            .build();
    return ParquetFileReader.open(new LocalInputFile(file), options);
  }
}
