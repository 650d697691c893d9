// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import dev.highbeam.transforms.parquet.ParquetCodecs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;

/**
 * The rows in a job's results folder, read with Parquet's own reader.
 *
 * @param ids of all rows, in the order of the files
 * @param hash over the sorted lines (id, text, finish_reason)
 */
record OutputRows(List<String> ids, String hash) {

  private static final Pattern FINISHED =
      Pattern.compile(
          "(results|errors)(/part-\\d{5}\\.parquet)?|job\\.json|manifest\\.json|_SUCCESS"
              + "|\\.highbeam\\.lock");

  static OutputRows of(Path output) throws IOException {
    List<String> ids = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    for (Path file : files(output.resolve("results"))) {
      read(
          file,
          row -> {
            String id = row.getString("custom_id", 0);
            ids.add(id);
            lines.add(
                id
                    + "\t"
                    + row.getString("generated_text", 0).replace("\n", "\\n")
                    + "\t"
                    + row.getString("finish_reason", 0));
          });
    }
    Collections.sort(lines);
    return new OutputRows(ids, sha256(String.join("\n", lines)));
  }

  /** Ids that the input has and the output has not. */
  Set<String> lost(Set<String> input) {
    Set<String> lost = new HashSet<>(input);
    ids.forEach(lost::remove);
    return lost;
  }

  /** Rows beyond the first of their id. */
  int doubled() {
    return ids.size() - new HashSet<>(ids).size();
  }

  /** What lies in an output folder beside what a finished job leaves there. */
  static List<String> strayFiles(Path output) throws IOException {
    try (Stream<Path> files = Files.walk(output)) {
      return files
          .filter(file -> !file.equals(output))
          .map(file -> output.relativize(file).toString())
          .filter(name -> !FINISHED.matcher(name).matches())
          .sorted()
          .toList();
    }
  }

  private interface Taker {
    void row(Group row);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).sorted().toList();
    }
  }

  private static void read(Path file, Taker taker) throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs())
            .build();
    try (ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(file), options)) {
      MessageType schema = reader.getFileMetaData().getSchema();
      for (PageReadStore pages = reader.readNextRowGroup();
          pages != null;
          pages = reader.readNextRowGroup()) {
        RecordReader<Group> rows =
            new ColumnIOFactory(reader.getFileMetaData().getCreatedBy())
                .getColumnIO(schema)
                .getRecordReader(pages, new GroupRecordConverter(schema));
        for (long i = 0; i < pages.getRowCount(); i++) {
          taker.row(rows.read());
        }
      }
    }
  }

  private static String sha256(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
