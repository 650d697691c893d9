// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.reuse;

import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.parquet.ParquetCodecs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.avro.AvroReadSupport;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.io.api.RecordMaterializer;
import org.apache.parquet.schema.MessageType;

/**
 * Reads the results of one row group, request by request. The samples of a request lie one after
 * the other; one whose samples the row group cuts apart is left out or given in part, so that a
 * reader must count them.
 */
public final class EarlierRows {

  private EarlierRows() {}

  /** Takes a request's rows. */
  public interface Receiver {

    /**
     * The rows of one request.
     *
     * @param index of the first among the rows of the row group
     * @param rows by sample index, of the schema {@code InferenceSchemas.RESULT} without columns
     */
    void request(int index, List<GenericRecord> rows) throws IOException;
  }

  /** Reads all. */
  public static void read(EarlierGroup group, Receiver receiver) throws IOException {
    read(group, ownFields(path(group)), receiver);
  }

  /** Reads only what requests are known by. */
  public static void readFingerprints(EarlierGroup group, Receiver receiver) throws IOException {
    List<Schema.Field> fields = new ArrayList<>();
    for (String name : List.of(ResultFields.SAMPLE_INDEX, ResultFields.REQUEST_FINGERPRINT)) {
      fields.add(InferenceSchemas.RESULT.getField(name));
    }
    read(group, fields, receiver);
  }

  /** How many row groups a file has. */
  static int rowGroups(Path file) throws IOException {
    try (ParquetFileReader reader = open(file)) {
      return reader.getRowGroups().size();
    }
  }

  /** The names of a file's columns. */
  static List<String> columns(Path file) throws IOException {
    try (ParquetFileReader reader = open(file)) {
      MessageType schema = reader.getFileMetaData().getSchema();
      return schema.getFields().stream().map(field -> field.getName()).toList();
    }
  }

  private static Path path(EarlierGroup group) {
    return Path.of(group.folder(), group.file().name());
  }

  /** The fields of results that a file has, without the input columns. */
  private static List<Schema.Field> ownFields(Path file) throws IOException {
    List<String> names = columns(file);
    List<Schema.Field> own = new ArrayList<>(InferenceSchemas.RESULT.getFields());
    own.removeIf(f -> f.name().equals(ResultFields.COLUMNS) || !names.contains(f.name()));
    return own;
  }

  private static void read(EarlierGroup group, List<Schema.Field> fields, Receiver receiver)
      throws IOException {
    Schema projection = projection(fields);
    try (ParquetFileReader reader = open(path(group))) {
      MessageType file = reader.getFileMetaData().getSchema();
      Map<String, String> metadata = reader.getFileMetaData().getKeyValueMetaData();
      ParquetConfiguration configuration = configuration(projection);
      AvroReadSupport<GenericRecord> support = new AvroReadSupport<>(GenericData.get());
      ReadSupport.ReadContext context = support.init(configuration, metadata, file);
      RecordMaterializer<GenericRecord> materializer =
          support.prepareForRead(configuration, metadata, file, context);
      reader.setRequestedSchema(context.getRequestedSchema());
      PageReadStore pages = reader.readRowGroup(group.rowGroup());
      RecordReader<GenericRecord> records =
          new ColumnIOFactory(reader.getFileMetaData().getCreatedBy())
              .getColumnIO(context.getRequestedSchema(), file)
              .getRecordReader(pages, materializer);
      divide(records, pages.getRowCount(), fields, receiver);
    } catch (RuntimeException e) {
      // Damage shows as exceptions of every kind deep inside the library.
      throw new IOException(path(group) + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static void divide(
      RecordReader<GenericRecord> records, long count, List<Schema.Field> fields, Receiver receiver)
      throws IOException {
    List<GenericRecord> request = new ArrayList<>();
    int first = 0;
    for (int i = 0; i < count; i++) {
      GenericRecord row = result(records.read(), fields);
      int sample = (Integer) row.get(ResultFields.SAMPLE_INDEX);
      if (sample == 0 && !request.isEmpty()) {
        receiver.request(first, request);
        request = new ArrayList<>();
      }
      if (sample == 0) {
        first = i;
      }
      if (sample == request.size()) {
        request.add(row); // Samples whose first lies before the row group belong to nothing here.
      }
    }
    if (!request.isEmpty()) {
      receiver.request(first, request);
    }
  }

  private static GenericRecord result(GenericRecord read, List<Schema.Field> fields) {
    GenericRecord row = new GenericData.Record(InferenceSchemas.RESULT);
    for (Schema.Field field : fields) {
      row.put(field.pos(), read.get(field.name()));
    }
    row.put(ResultFields.COLUMNS, ByteBuffer.allocate(0));
    return row;
  }

  private static Schema projection(List<Schema.Field> fields) {
    List<Schema.Field> copies = new ArrayList<>();
    for (Schema.Field field : fields) {
      copies.add(new Schema.Field(field, field.schema()));
    }
    return Schema.createRecord("Result", null, "dev.highbeam.schemas", false, copies);
  }

  private static ParquetConfiguration configuration(Schema projection) {
    ParquetConfiguration configuration = new PlainParquetConfiguration();
    configuration.set(AvroReadSupport.AVRO_REQUESTED_PROJECTION, projection.toString());
    configuration.set("parquet.avro.read.schema", projection.toString());
    configuration.set(AvroReadSupport.AVRO_COMPATIBILITY, "false");
    configuration.set(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, "false");
    return configuration;
  }

  private static ParquetFileReader open(Path file) throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs())
            .build();
    return ParquetFileReader.open(new LocalInputFile(file), options);
  }
}
