// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import dev.highbeam.transforms.parquet.ParquetCodecs;
import dev.highbeam.transforms.shards.DurableFile;
import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.OutputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.FileMetaData;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;

/** Puts the files of shards together into one; a second run replaces it by an equal one. */
final class MergeShardsFn extends DoFn<MergeJob, KV<OutputKind, FileFacts>> {

  private static final long serialVersionUID = 1L;

  private final ShardFiles files;

  MergeShardsFn(ShardFiles files) {
    this.files = files;
  }

  @ProcessElement
  public void merge(@Element MergeJob job, OutputReceiver<KV<OutputKind, FileFacts>> output)
      throws IOException {
    Path target = Path.of(job.target());
    try (DurableFile file = DurableFile.begin(target)) {
      long rows = job.sources().isEmpty() ? writeEmpty(job, file.path()) : copy(job, file.path());
      if (rows != job.rows()) {
        throw new IOException(
            "the shards of " + target + " hold " + rows + " rows, their commits say " + job.rows());
      }
      FileFacts facts = FileFacts.of(file.path(), String.valueOf(target.getFileName()), rows);
      file.commit();
      output.output(KV.of(job.kind(), facts));
    } catch (IOException e) {
      throw OutputException.of(target, e);
    }
  }

  /** A file without rows, so that readers find the columns. */
  private long writeEmpty(MergeJob job, Path target) throws IOException {
    Schema schema = files.table(job.kind()).layout().schema();
    ParquetOutput.rows(target, schema, job.metadata()).close();
    return 0;
  }

  private static long copy(MergeJob job, Path target) throws IOException {
    FileMetaData first;
    try (ParquetFileReader reader = open(job.sources().get(0))) {
      first = reader.getFileMetaData();
    }
    Map<String, String> metadata = new TreeMap<>(first.getKeyValueMetaData());
    metadata.remove(ParquetWriter.OBJECT_MODEL_NAME_PROP); // The writer's own, it says.
    metadata.putAll(job.metadata());
    long rows = 0;
    try (ParquetWriter<Group> writer = ParquetOutput.copies(target, first.getSchema(), metadata)) {
      for (String source : job.sources()) {
        rows += copy(source, first.getSchema(), writer);
      }
    }
    return rows;
  }

  private static long copy(String source, MessageType schema, ParquetWriter<Group> writer)
      throws IOException {
    long rows = 0;
    try (ParquetFileReader reader = open(source)) {
      if (!reader.getFileMetaData().getSchema().equals(schema)) {
        throw new IOException(source + " has other columns than the shards before it");
      }
      ColumnIOFactory columns = new ColumnIOFactory(reader.getFileMetaData().getCreatedBy());
      for (PageReadStore pages = reader.readNextRowGroup();
          pages != null;
          pages = reader.readNextRowGroup()) {
        RecordReader<Group> records =
            columns.getColumnIO(schema).getRecordReader(pages, new GroupRecordConverter(schema));
        for (long i = 0; i < pages.getRowCount(); i++) {
          writer.write(records.read());
          rows++;
        }
      }
    }
    return rows;
  }

  private static ParquetFileReader open(String source) throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs())
            .build();
    return ParquetFileReader.open(new LocalInputFile(Path.of(source)), options);
  }
}
