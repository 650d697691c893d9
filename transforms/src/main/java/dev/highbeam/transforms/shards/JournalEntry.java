// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.shards;

import dev.highbeam.schemas.FailureFields;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.schemas.JournalFields;
import dev.highbeam.schemas.ResultFields;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;

/**
 * How one request of a shard ended: in its rows or in one failure.
 *
 * @param index the request's place in the shard
 */
public record JournalEntry(
    int index, List<GenericRecord> results, @Nullable GenericRecord failure) {

  public static JournalEntry served(int index, List<GenericRecord> results) {
    return new JournalEntry(index, results, null);
  }

  public static JournalEntry failed(int index, GenericRecord failure) {
    return new JournalEntry(index, List.of(), failure);
  }

  /** The entry that a row of a file holds. */
  @SuppressWarnings("unchecked") // The schema says so.
  public static JournalEntry of(GenericRecord record) {
    return new JournalEntry(
        (Integer) record.get(JournalFields.INDEX),
        (List<GenericRecord>) record.get(JournalFields.RESULTS),
        (GenericRecord) record.get(JournalFields.FAILURE));
  }

  /** The entry that these bytes of {@link #encode} hold. */
  public static JournalEntry decode(byte[] bytes) {
    try {
      return of(
          new GenericDatumReader<GenericRecord>(InferenceSchemas.JOURNAL_ENTRY)
              .read(null, DecoderFactory.get().binaryDecoder(bytes, null)));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory failed", e);
    }
  }

  /** The entry as a row of a file. */
  public GenericRecord toRecord() {
    GenericRecord record = new GenericData.Record(InferenceSchemas.JOURNAL_ENTRY);
    record.put(JournalFields.INDEX, index);
    record.put(JournalFields.RESULTS, results);
    record.put(JournalFields.FAILURE, failure);
    return record;
  }

  /** The compact form in which an entry waits for its shard. */
  public byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
    try {
      new GenericDatumWriter<GenericRecord>(InferenceSchemas.JOURNAL_ENTRY)
          .write(toRecord(), encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /** One row's worth of counts. */
  public RowCounts counts() {
    if (failure != null) {
      return RowCounts.ofErrors(Map.of((String) failure.get(FailureFields.CODE), 1L));
    }
    long outputTokens = 0;
    for (GenericRecord row : results) {
      outputTokens += (Integer) row.get(ResultFields.NUM_GENERATED_TOKENS);
    }
    RowCounts none = RowCounts.NONE;
    long inputTokens = (Integer) results.get(0).get(ResultFields.NUM_INPUT_TOKENS);
    return new RowCounts(1, results.size(), inputTokens, outputTokens, none.errorsByCode());
  }

  /** Whether this is the end of the request with this key. */
  public boolean belongsTo(String source, long position) {
    GenericRecord row = failure;
    if (row == null) {
      row = results.isEmpty() ? null : results.get(0);
    }
    return row != null
        && source.equals(row.get(ResultFields.SOURCE))
        && Long.valueOf(position).equals(row.get(ResultFields.POSITION));
  }
}
