// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.schemas.CopyFields;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.schemas.RequestFields;
import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.shards.AvroRowWriter;
import dev.highbeam.transforms.shards.JournalEntry;
import dev.highbeam.transforms.shards.OutputException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.values.KV;

/**
 * Rows on their way to other shards: kept until they are some megabytes, then written to a file in
 * which the rows for one shard lie together.
 */
final class MovedRows {

  private static final long MAX_BYTES = 32L << 20;
  private static final long ROW_BYTES = 256;

  private final IntFunction<Path> places;
  private final BiConsumer<Integer, ShardPiece> sections;
  private final Map<ShardPiece.ArrivalKind, TreeMap<Integer, List<Row>>> waiting = new TreeMap<>();
  private long bytes;
  private int files;

  /**
   * Rows that leave some place.
   *
   * @param places where the n-th file of them lies
   * @param sections takes each section with the shard that it is for
   */
  MovedRows(IntFunction<Path> places, BiConsumer<Integer, ShardPiece> sections) {
    this.places = places;
    this.sections = sections;
  }

  private record Row(Move move, GenericRecord record) {}

  /** A request that is computed elsewhere. */
  void addRequest(int shard, Move move, GenericRecord request) throws OutputException {
    long length = 2L * ((String) request.get(RequestFields.PROMPT)).length();
    add(ShardPiece.ArrivalKind.REQUESTS, shard, new Row(move, request), length + columns(request));
  }

  /** A request that is not computed; what is its own goes along. */
  void addCopy(int shard, Move move, GenericRecord request) throws OutputException {
    GenericRecord copy = new GenericData.Record(InferenceSchemas.SHARD_COPY);
    copy.put(CopyFields.REQUEST, move.origin().packed());
    copy.put(CopyFields.CUSTOM_ID, request.get(RequestFields.CUSTOM_ID));
    copy.put(CopyFields.SOURCE, request.get(RequestFields.SOURCE));
    copy.put(CopyFields.POSITION, request.get(RequestFields.POSITION));
    copy.put(CopyFields.COLUMNS, request.get(RequestFields.COLUMNS));
    add(ShardPiece.ArrivalKind.COPIES, shard, new Row(move, copy), columns(request));
  }

  /** Rows that an earlier job has for a request. */
  void addEarlier(int shard, Move move, List<GenericRecord> rows) throws OutputException {
    long length = 0;
    for (GenericRecord row : rows) {
      length += 2L * ((String) row.get(ResultFields.GENERATED_TEXT)).length() + ROW_BYTES;
    }
    GenericRecord entry = JournalEntry.served(0, rows).toRecord();
    add(ShardPiece.ArrivalKind.EARLIER, shard, new Row(move, entry), length);
  }

  /** Writes what waits. */
  void flush() throws OutputException {
    for (Map.Entry<ShardPiece.ArrivalKind, TreeMap<Integer, List<Row>>> kind : waiting.entrySet()) {
      write(kind.getKey(), kind.getValue());
    }
    waiting.clear();
    bytes = 0;
  }

  private void add(ShardPiece.ArrivalKind kind, int shard, Row row, long length)
      throws OutputException {
    waiting
        .computeIfAbsent(kind, key -> new TreeMap<>())
        .computeIfAbsent(shard, key -> new ArrayList<>())
        .add(row);
    bytes += ROW_BYTES + length;
    if (bytes >= MAX_BYTES) {
      flush();
    }
  }

  private static long columns(GenericRecord request) {
    return ((ByteBuffer) request.get(RequestFields.COLUMNS)).remaining();
  }

  private static Schema schema(ShardPiece.ArrivalKind kind) {
    return switch (kind) {
      case REQUESTS -> InferenceSchemas.REQUEST;
      case COPIES -> InferenceSchemas.SHARD_COPY;
      case EARLIER -> InferenceSchemas.JOURNAL_ENTRY;
    };
  }

  private void write(ShardPiece.ArrivalKind kind, SortedMap<Integer, List<Row>> byShard)
      throws OutputException {
    boolean isCopies = kind == ShardPiece.ArrivalKind.COPIES;
    List<KV<Integer, Section>> written = new ArrayList<>();
    String name;
    try (AvroRowWriter writer = AvroRowWriter.open(places.apply(files++), schema(kind))) {
      for (Map.Entry<Integer, List<Row>> shard : byShard.entrySet()) {
        List<Row> rows = shard.getValue();
        rows.sort(Comparator.comparing(row -> row.move().row()));
        Section section =
            new Section(
                writer.sync(),
                rows.size(),
                isCopies
                    ? ShardPiece.Block.EMPTY
                    : new ShardPiece.Block(Move.encode(rows.stream().map(Row::move).toList())));
        for (Row row : rows) {
          writer.append(row.record());
        }
        written.add(KV.of(shard.getKey(), section));
      }
      name = writer.commit().name();
    }
    for (KV<Integer, Section> each : written) {
      Section section = each.getValue();
      sections.accept(
          each.getKey(),
          ShardPiece.arrivals(
              new ShardPiece.Arrivals(
                  kind, name, section.offset(), section.rows(), section.moves())));
    }
  }

  private record Section(long offset, int rows, ShardPiece.Block moves) {}
}
