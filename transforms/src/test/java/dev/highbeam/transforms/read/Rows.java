// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.read;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** Files for tests, and all rows of a survey's splits as the workers would read them. */
final class Rows {

  private Rows() {}

  static List<SourceRow> of(Survey survey) throws IOException {
    List<SourceRow> rows = new ArrayList<>();
    for (InputSplit split : survey.splits()) {
      rows.addAll(of(split));
    }
    return rows;
  }

  static List<SourceRow> of(InputSplit split) throws IOException {
    List<SourceRow> rows = new ArrayList<>();
    try (RowReader reader = split.open()) {
      for (SourceRow row = reader.next(); row != null; row = reader.next()) {
        rows.add(row);
      }
    }
    return rows;
  }

  static Survey survey(Path input) throws IOException {
    return Survey.of(List.of(input.toString()));
  }

  /** The only row of a file, which must be broken. */
  static SourceRow.Broken onlyBroken(Path file) throws IOException {
    List<SourceRow> rows = of(survey(file));
    if (rows.size() != 1 || !(rows.get(0) instanceof SourceRow.Broken broken)) {
      throw new AssertionError("not one broken row: " + rows);
    }
    return broken;
  }

  static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  static Path write(Path folder, String name, byte[] bytes) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, bytes);
  }
}
