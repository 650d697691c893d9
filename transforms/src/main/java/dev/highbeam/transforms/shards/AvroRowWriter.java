// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.apache.avro.Schema;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;

/** Writes rows one by one into an Avro file that is in its place once it is committed. */
public final class AvroRowWriter implements Closeable {

  private static final int ZSTD_LEVEL = 1;

  private final Path target;
  private final DurableFile file;
  private final DataFileWriter<GenericRecord> writer;
  private long rows;

  private AvroRowWriter(Path target, DurableFile file, DataFileWriter<GenericRecord> writer) {
    this.target = target;
    this.file = file;
    this.writer = writer;
  }

  public static AvroRowWriter open(Path target, Schema schema) throws OutputException {
    DurableFile file = DurableFile.begin(target);
    DataFileWriter<GenericRecord> writer = new DataFileWriter<>(new GenericDatumWriter<>(schema));
    try {
      writer.setCodec(CodecFactory.zstandardCodec(ZSTD_LEVEL));
      writer.create(schema, file.path().toFile());
      return new AvroRowWriter(target, file, writer);
    } catch (IOException e) {
      file.close();
      throw OutputException.of(target, e);
    }
  }

  /** Rows of such a file; the caller closes it. */
  public static DataFileReader<GenericRecord> read(Path path, Schema schema) throws IOException {
    File file = path.toFile();
    return new DataFileReader<>(file, new GenericDatumReader<>(schema, schema));
  }

  public void append(GenericRecord row) throws OutputException {
    try {
      writer.append(row);
      rows++;
    } catch (IOException e) {
      throw OutputException.of(target, e);
    }
  }

  /** Ends a section; gives the place where the next one begins, for {@code DataFileReader.seek}. */
  public long sync() throws OutputException {
    try {
      return writer.sync();
    } catch (IOException e) {
      throw OutputException.of(target, e);
    }
  }

  /** Appends a row that is encoded already. */
  void appendEncoded(byte[] row) throws OutputException {
    try {
      writer.appendEncoded(ByteBuffer.wrap(row));
      rows++;
    } catch (IOException e) {
      throw OutputException.of(target, e);
    }
  }

  /** Puts the file in its place. */
  public FileFacts commit() throws OutputException {
    try {
      writer.close();
      FileFacts facts = FileFacts.of(file.path(), String.valueOf(target.getFileName()), rows);
      file.commit();
      return facts;
    } catch (IOException e) {
      throw OutputException.of(target, e);
    }
  }

  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      // Only a file that is given up still holds bytes here.
    }
    file.close();
  }
}
