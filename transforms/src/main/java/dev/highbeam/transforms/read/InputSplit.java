// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A part of one file that one worker reads at a time: a range of whole lines, a compressed file, or
 * a Parquet row group. Small enough that many workers share a file, large enough to keep an engine
 * busy.
 *
 * @param path the file
 * @param source what its rows carry
 * @param start first byte of the first line
 * @param end byte after the last line; lines that begin before it belong to the split
 * @param firstPosition position of the first row
 * @param rowGroup ordinal of the row group of a Parquet file
 */
public record InputSplit(
    String path,
    String source,
    InputFormat format,
    long start,
    long end,
    long firstPosition,
    int rowGroup)
    implements Serializable {

  static InputSplit wholeText(Path path, String source, InputFormat format) {
    return new InputSplit(path.toString(), source, format, 0, Long.MAX_VALUE, 1, 0);
  }

  static InputSplit rowGroup(Path path, String source, long firstPosition, int rowGroup) {
    return new InputSplit(
        path.toString(), source, InputFormat.PARQUET, 0, 0, firstPosition, rowGroup);
  }

  InputSplit lines(long from, long to, long position) {
    return new InputSplit(path, source, format, from, to, position, 0);
  }

  /** A reader of the split's rows. A file that cannot be opened gives one broken row. */
  RowReader open() {
    Path file = Path.of(path);
    if (format == InputFormat.PARQUET) {
      return new ParquetRows(file, rowGroup, firstPosition);
    }
    return new TextRows(() -> openText(file), this);
  }

  private InputStream openText(Path file) throws IOException {
    if (format != InputFormat.JSONL) {
      return ExpansionGuard.open(file, format);
    }
    InputStream in = Files.newInputStream(file);
    try {
      in.skipNBytes(start);
      return in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }
}
