// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.demo;

import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.parquet.ParquetCodecs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.io.LocalInputFile;

/** Reads the demo's results back from Parquet, in the order of the input. */
public final class DemoResults {

  private DemoResults() {}

  /** The rows of all files in the folder of results. */
  public static List<DemoRow> read(Path results) throws IOException {
    TreeMap<Long, DemoRow> rows = new TreeMap<>();
    List<Path> files;
    try (Stream<Path> all = Files.list(results)) {
      files = all.filter(file -> file.toString().endsWith(".parquet")).sorted().toList();
    }
    for (Path file : files) {
      try (ParquetReader<GenericRecord> reader =
          AvroParquetReader.<GenericRecord>builder(
                  new LocalInputFile(file), new PlainParquetConfiguration())
              // Named, because looking it up would need classes of Hadoop that we do not carry.
              .withDataModel(GenericData.get())
              .withCodecFactory(new ParquetCodecs())
              .build()) {
        for (GenericRecord row = reader.read(); row != null; row = reader.read()) {
          rows.put(
              (Long) row.get(ResultFields.POSITION),
              DemoRow.of(
                  text(row, "message"),
                  text(row, "topic"),
                  text(row, "urgency"),
                  text(row, ResultFields.GENERATED_TEXT)));
        }
      }
    }
    return List.copyOf(rows.values());
  }

  private static String text(GenericRecord row, String column) {
    Object value = row.get(column);
    return value == null ? "" : value.toString();
  }
}
