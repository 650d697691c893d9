// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.write;

import dev.highbeam.schemas.ResultFields;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.jspecify.annotations.Nullable;

/** Writes the rows of a bundle into one part and tells the part once it is complete. */
final class WritePartFn extends DoFn<GenericRecord, PartFile> {

  private static final long serialVersionUID = 1L;
  private static final int ZSTD_LEVEL = 1;

  private final String folder;
  private final Table table;
  private transient @Nullable OpenPart open;

  WritePartFn(String folder, Table table) {
    this.folder = folder;
    this.table = table;
  }

  @StartBundle
  public void startBundle() throws IOException {
    abandon();
  }

  @ProcessElement
  public void write(@Element GenericRecord row) throws IOException {
    OpenPart part = open;
    if (part == null) {
      part = new OpenPart(Parts.create(folder), table, row);
      open = part;
    }
    part.append(row);
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext context) throws IOException {
    OpenPart part = open;
    if (part != null) {
      open = null;
      context.output(part.finish(), GlobalWindow.TIMESTAMP_MIN_VALUE, GlobalWindow.INSTANCE);
    }
  }

  @Teardown
  public void tearDown() throws IOException {
    abandon();
  }

  /** Removes what a bundle that failed has left. */
  private void abandon() throws IOException {
    OpenPart part = open;
    if (part != null) {
      open = null;
      part.abandon();
    }
  }

  private static final class OpenPart {

    private final Path path;
    private final DataFileWriter<GenericRecord> writer;
    private final String firstSource;
    private final long firstPosition;
    private final TreeSet<String> numericsIds = new TreeSet<>();
    private long rowCount;

    OpenPart(Path path, Table table, GenericRecord first) throws IOException {
      this.path = path;
      this.firstSource = (String) first.get(ResultFields.SOURCE);
      this.firstPosition = (Long) first.get(ResultFields.POSITION);
      this.writer = new DataFileWriter<>(new GenericDatumWriter<>(table.partSchema()));
      writer.setCodec(CodecFactory.zstandardCodec(ZSTD_LEVEL));
      writer.create(table.partSchema(), path.toFile());
    }

    void append(GenericRecord row) throws IOException {
      writer.append(row);
      if (row.hasField(ResultFields.NUMERICS_ID)) {
        numericsIds.add((String) row.get(ResultFields.NUMERICS_ID));
      }
      rowCount++;
    }

    PartFile finish() throws IOException {
      writer.close();
      return new PartFile(
          path.toString(), rowCount, Files.size(path), firstSource, firstPosition, numericsIds);
    }

    void abandon() throws IOException {
      writer.close();
      Files.deleteIfExists(path);
    }
  }
}
