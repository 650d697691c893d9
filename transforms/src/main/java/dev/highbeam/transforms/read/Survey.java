// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import dev.highbeam.runtime.api.InvalidSettingException;
import dev.highbeam.transforms.rows.Column;
import dev.highbeam.transforms.rows.ColumnCollector;
import dev.highbeam.transforms.rows.Columns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the input holds, found by reading it once before the job starts: how many rows, which
 * columns of which types, and how to cut it into splits whose rows know their positions. Made by
 * the launcher; a damaged file does not stop it, but shows as a broken row when the split is read.
 */
public final class Survey {

  /** Rows per split: enough to keep an engine busy, few enough to share a file among workers. */
  static final int DEFAULT_SPLIT_ROWS = 500;

  private static final long MAX_SPLIT_BYTES = 8L << 20;

  private final ColumnCollector collector = new ColumnCollector();
  private final List<InputSplit> splits = new ArrayList<>();
  private final int splitRows;
  private List<String> ignoredFiles = List.of();
  private int fileCount;
  private long rowCount;
  private long brokenRowCount;
  private long byteCount;
  private Columns columns = Columns.NONE;

  private Survey(int splitRows) {
    this.splitRows = splitRows;
  }

  /**
   * Reads files, folders or globs.
   *
   * @throws InvalidSettingException if an input matches no file or asks for too many columns
   * @throws IOException if a folder or file may not be read at all
   */
  public static Survey of(List<String> inputs) throws IOException {
    return of(inputs, DEFAULT_SPLIT_ROWS);
  }

  static Survey of(List<String> inputs, int splitRows) throws IOException {
    Survey survey = new Survey(splitRows);
    InputFiles files = InputFiles.find(inputs);
    for (InputFiles.InputFile file : files.files()) {
      survey.add(file);
    }
    survey.ignoredFiles = files.ignored();
    survey.columns = survey.collector.columns();
    return survey;
  }

  public List<InputSplit> splits() {
    return List.copyOf(splits);
  }

  /** The union of all rows' columns, in the order of their first appearance. */
  public Columns columns() {
    return columns;
  }

  public int fileCount() {
    return fileCount;
  }

  /** Rows that will end in results or errors, broken ones included. */
  public long rowCount() {
    return rowCount;
  }

  /** Rows that the reader will refuse. */
  public long brokenRowCount() {
    return brokenRowCount;
  }

  /** Size of the files as they are, compressed or not. */
  public long byteCount() {
    return byteCount;
  }

  /** Files in input folders that were passed over because of their names. */
  public List<String> ignoredFiles() {
    return ignoredFiles;
  }

  private void add(InputFiles.InputFile file) throws IOException {
    fileCount++;
    byteCount += Files.size(file.path());
    InputFormat format = InputFormat.of(file.path());
    if (format == InputFormat.PARQUET) {
      addParquet(file.path(), file.source());
    } else {
      addText(InputSplit.wholeText(file.path(), file.source(), format));
    }
  }

  private void addText(InputSplit whole) throws IOException {
    long before = rowCount;
    try (TextRows rows = (TextRows) whole.open()) {
      long start = 0;
      long firstPosition = 1;
      int inSplit = 0;
      for (SourceRow row = rows.next(); row != null; row = rows.next()) {
        count(row);
        inSplit++;
        boolean full = inSplit == splitRows || rows.offset() - start >= MAX_SPLIT_BYTES;
        if (full && whole.format() == InputFormat.JSONL) {
          splits.add(whole.lines(start, rows.offset(), firstPosition));
          start = rows.offset();
          firstPosition = rows.position();
          inSplit = 0;
        }
      }
      if (whole.format() != InputFormat.JSONL) {
        if (rowCount > before) {
          splits.add(whole);
        }
      } else if (inSplit > 0) {
        splits.add(whole.lines(start, rows.offset(), firstPosition));
      }
    }
  }

  private void count(SourceRow row) {
    rowCount++;
    if (!(row instanceof SourceRow.Good good) || !collector.addRow(good.values())) {
      brokenRowCount++;
    }
  }

  private void addParquet(Path file, String source) {
    ParquetRows.Footer footer;
    try {
      footer = ParquetRows.footer(file);
    } catch (IOException e) {
      // The split's reader meets the same damage and makes the file's error row.
      splits.add(InputSplit.rowGroup(file, source, 1, 0));
      rowCount++;
      brokenRowCount++;
      return;
    }
    for (Column column : footer.columns()) {
      if (!collector.addColumn(column)) {
        throw new InvalidSettingException(
            "input",
            source,
            "of at most " + ColumnCollector.MAX_COLUMNS + " columns over all files");
      }
    }
    long position = 1;
    for (int group = 0; group < footer.rowCounts().size(); group++) {
      splits.add(InputSplit.rowGroup(file, source, position, group));
      position += footer.rowCounts().get(group);
    }
    rowCount += position - 1;
  }
}
