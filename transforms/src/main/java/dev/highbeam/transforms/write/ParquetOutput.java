// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import dev.highbeam.transforms.parquet.ParquetCodecs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;

/** How every Parquet file of a job is written. */
final class ParquetOutput {

  /**
   * Uncompressed, per row group. Several files are written at once beside an engine: 32 MB keep
   * each writer under 100 MB of heap, and scans still read in large pieces.
   */
  private static final long ROW_GROUP_BYTES = 32L << 20;

  private ParquetOutput() {}

  /** A writer of rows. */
  static ParquetWriter<GenericRecord> rows(Path target, Schema schema, Map<String, String> metadata)
      throws IOException {
    return common(new RowWriterBuilder(new LocalOutputFile(target), schema))
        .config(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, "false")
        .withExtraMetaData(metadata)
        .build();
  }

  /** A writer of rows that come from other Parquet files and stay as they are. */
  static ParquetWriter<Group> copies(Path target, MessageType schema, Map<String, String> metadata)
      throws IOException {
    return common(ExampleParquetWriter.builder(new LocalOutputFile(target)).withType(schema))
        .withExtraMetaData(metadata)
        .build();
  }

  private static <T, B extends ParquetWriter.Builder<T, B>> B common(B builder) {
    return builder
        .withConf(new PlainParquetConfiguration())
        .withCodecFactory(new ParquetCodecs())
        .withCompressionCodec(CompressionCodecName.ZSTD)
        .withRowGroupSize(ROW_GROUP_BYTES)
        .withWriteMode(ParquetFileWriter.Mode.OVERWRITE);
  }
}
