// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.schemas.CopyFields;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.schemas.FailureFields;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.rows.InputRecord;
import dev.highbeam.transforms.shards.AvroRowWriter;
import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.JournalEntry;
import dev.highbeam.transforms.shards.RowCounts;
import dev.highbeam.transforms.write.ShardFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.IntFunction;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * The rows of requests that equal one of their shard and are not computed: those of the equal one,
 * under the copy's own name, place and columns. Read from their file as often as it takes, because
 * there may be any number of them.
 */
final class CopyRows {

  private final Path file;
  private final IntFunction<JournalEntry> ends;
  private final RequestIntake intake;
  private int lastIndex = -1;
  private @Nullable JournalEntry last;

  /**
   * The copies that a shard has.
   *
   * @param ends how the shard's requests ended, by their place in it
   */
  CopyRows(Path folder, FileFacts facts, IntFunction<JournalEntry> ends, RequestIntake intake) {
    this.file = folder.resolve(facts.name());
    this.ends = ends;
    this.intake = intake;
  }

  /** How they end. */
  RowCounts counts(int requests) throws IOException {
    long[] copies = new long[requests];
    forEach((copy, end) -> copies[index(copy)]++);
    RowCounts counts = RowCounts.NONE;
    for (int i = 0; i < requests; i++) {
      if (copies[i] > 0) {
        counts = counts.plus(end(i).counts().duplicated(copies[i]));
      }
    }
    return counts;
  }

  void results(ShardFiles.Receiver receiver) throws IOException {
    forEach(
        (copy, end) -> {
          for (GenericRecord row : end.results()) {
            receiver.row(result(row, copy));
          }
        });
  }

  void errors(ShardFiles.Receiver receiver) throws IOException {
    forEach(
        (copy, end) -> {
          GenericRecord failure = end.failure();
          if (failure != null) {
            receiver.row(failure(failure, copy));
          }
        });
  }

  private void forEach(Pairs pairs) throws IOException {
    try (DataFileReader<GenericRecord> copies =
        AvroRowWriter.read(file, InferenceSchemas.SHARD_COPY)) {
      while (copies.hasNext()) {
        GenericRecord copy = copies.next();
        pairs.pair(copy, end(index(copy)));
      }
    }
  }

  private interface Pairs {
    void pair(GenericRecord copy, JournalEntry end) throws IOException;
  }

  private JournalEntry end(int index) {
    JournalEntry known = last;
    if (known == null || lastIndex != index) {
      known = ends.apply(index);
      last = known;
      lastIndex = index;
    }
    return known;
  }

  private static int index(GenericRecord copy) {
    return Math.toIntExact((Long) copy.get(CopyFields.REQUEST));
  }

  /** No token of the prompt was computed for this row. */
  private static GenericRecord result(GenericRecord row, GenericRecord copy) {
    GenericRecord own = new GenericData.Record((GenericData.Record) row, false);
    own.put(ResultFields.CUSTOM_ID, copy.get(CopyFields.CUSTOM_ID));
    own.put(ResultFields.SOURCE, copy.get(CopyFields.SOURCE));
    own.put(ResultFields.POSITION, copy.get(CopyFields.POSITION));
    own.put(ResultFields.COLUMNS, copy.get(CopyFields.COLUMNS));
    own.put(ResultFields.NUM_CACHED_TOKENS, row.get(ResultFields.NUM_INPUT_TOKENS));
    return own;
  }

  private GenericRecord failure(GenericRecord failure, GenericRecord copy) {
    ByteBuffer buffer = ((ByteBuffer) copy.get(CopyFields.COLUMNS)).duplicate();
    byte[] columns = new byte[buffer.remaining()];
    buffer.get(columns);
    InferenceRequest request =
        new InferenceRequest(
            (String) copy.get(CopyFields.CUSTOM_ID),
            "",
            Settings.none(SamplingSetting.class),
            new InputRecord(
                (String) copy.get(CopyFields.SOURCE),
                (Long) copy.get(CopyFields.POSITION),
                columns));
    return intake.failure(
        request,
        ErrorCode.valueOf((String) failure.get(FailureFields.CODE)),
        (String) failure.get(FailureFields.MESSAGE));
  }
}
