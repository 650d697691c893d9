// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.schemas.CopyFields;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.arrange.RowRef;
import dev.highbeam.transforms.shards.AvroRowWriter;
import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.JournalEntry;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.WorkFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.jspecify.annotations.Nullable;

/**
 * Writes the files of one shard: its requests in the order in which they are to be computed, which
 * are few enough to be sorted in memory, and the copies of these, which may be many.
 */
final class CutShardFn extends DoFn<KV<Integer, Iterable<ShardPiece>>, Shard> {

  private static final long serialVersionUID = 1L;

  private final WorkFolder folder;
  private final boolean longestFirst;
  private final @Nullable Reuse reuse;

  CutShardFn(WorkFolder folder, boolean longestFirst, @Nullable Reuse reuse) {
    this.folder = folder;
    this.longestFirst = longestFirst;
    this.reuse = reuse;
  }

  @ProcessElement
  public void cut(@Element KV<Integer, Iterable<ShardPiece>> pieces, OutputReceiver<Shard> output)
      throws IOException {
    List<ShardCut.Slice> home = new ArrayList<>();
    Map<RowRef, Move> special = new HashMap<>();
    List<ShardPiece.Arrivals> arrivals = new ArrayList<>();
    for (ShardPiece piece : pieces.getValue()) {
      if (piece.home() != null) {
        home.addAll(piece.home().slices());
      }
      if (piece.special() != null) {
        moves(piece.special()).forEach(move -> special.put(move.row(), move));
      }
      if (piece.arrivals() != null) {
        arrivals.add(piece.arrivals());
      }
    }
    // Runners give pieces in any order; the shard is to be the same in every attempt.
    arrivals.sort(
        Comparator.comparing(ShardPiece.Arrivals::file).thenComparing(ShardPiece.Arrivals::offset));
    ShardOrder order = new ShardOrder(longestFirst);
    for (ShardCut.Slice slice : home) {
      addOwn(slice, special, order);
    }
    for (ShardPiece.Arrivals section : arrivals) {
      if (section.kind() == ShardPiece.ArrivalKind.REQUESTS) {
        List<Move> moves = moves(section.moves());
        int[] next = {0};
        read(section, InferenceSchemas.REQUEST, row -> order.add(moves.get(next[0]++), row));
      }
    }
    List<ShardOrder.Entry> entries = order.sorted();
    if (!entries.isEmpty()) {
      int shard = pieces.getKey();
      output.output(
          new Shard(
              shard,
              write(shard, entries),
              copies(shard, entries, arrivals),
              reused(shard, entries, arrivals)));
    }
  }

  private void addOwn(ShardCut.Slice slice, Map<RowRef, Move> special, ShardOrder order)
      throws IOException {
    try (DataFileReader<GenericRecord> requests =
        AvroRowWriter.read(folder.workList().resolve(slice.file()), InferenceSchemas.REQUEST)) {
      for (long i = 0; i < slice.to(); i++) {
        GenericRecord request = requests.next();
        RowRef row = slice.row(i);
        Move move = special.getOrDefault(row, Move.none(row));
        if (i >= slice.from() && move.kind() != Move.Kind.LEFT) {
          order.add(move, request);
        }
      }
    }
  }

  private FileFacts write(int shard, List<ShardOrder.Entry> entries) throws IOException {
    try (AvroRowWriter writer = AvroRowWriter.open(folder.shard(shard), InferenceSchemas.REQUEST)) {
      for (ShardOrder.Entry entry : entries) {
        writer.append(entry.request());
      }
      return writer.commit();
    }
  }

  private @Nullable FileFacts copies(
      int shard, List<ShardOrder.Entry> entries, List<ShardPiece.Arrivals> arrivals)
      throws IOException {
    List<ShardPiece.Arrivals> sections = of(ShardPiece.ArrivalKind.COPIES, arrivals);
    if (sections.isEmpty()) {
      return null;
    }
    Map<RowRef, Integer> places = places(entries);
    try (AvroRowWriter writer =
        AvroRowWriter.open(folder.copies(shard), InferenceSchemas.SHARD_COPY)) {
      for (ShardPiece.Arrivals section : sections) {
        read(
            section,
            InferenceSchemas.SHARD_COPY,
            copy -> {
              Integer place = places.get(RowRef.of((Long) copy.get(CopyFields.REQUEST)));
              if (place == null) {
                throw new IOException("a copy came to shard " + shard + ", its request did not");
              }
              copy.put(CopyFields.REQUEST, place.longValue());
              writer.append(copy);
            });
      }
      return writer.commit();
    }
  }

  /** The rows of an earlier job that its requests accept, as entries of a journal. */
  private @Nullable FileFacts reused(
      int shard, List<ShardOrder.Entry> entries, List<ShardPiece.Arrivals> arrivals)
      throws IOException {
    Reuse rule = reuse;
    List<ShardPiece.Arrivals> sections = of(ShardPiece.ArrivalKind.EARLIER, arrivals);
    if (sections.isEmpty() || rule == null) {
      return null;
    }
    Map<RowRef, Integer> places = places(entries);
    try (AvroRowWriter writer =
        AvroRowWriter.open(folder.reused(shard), InferenceSchemas.JOURNAL_ENTRY)) {
      for (ShardPiece.Arrivals section : sections) {
        List<Move> moves = moves(section.moves());
        int[] next = {0};
        read(
            section,
            InferenceSchemas.JOURNAL_ENTRY,
            row -> {
              Integer place = places.get(moves.get(next[0]++).row());
              if (place == null) {
                throw new IOException("rows came to shard " + shard + ", their request did not");
              }
              JournalEntry entry = rule.entry(place, entries.get(place).request(), row);
              if (entry != null) {
                writer.append(entry.toRecord());
              }
            });
      }
      return writer.commit();
    }
  }

  private static List<ShardPiece.Arrivals> of(
      ShardPiece.ArrivalKind kind, List<ShardPiece.Arrivals> arrivals) {
    return arrivals.stream().filter(section -> section.kind() == kind).toList();
  }

  /** The place in the shard of each request. */
  private static Map<RowRef, Integer> places(List<ShardOrder.Entry> entries) {
    Map<RowRef, Integer> places = new HashMap<>();
    for (ShardOrder.Entry entry : entries) {
      places.put(entry.move().row(), places.size());
    }
    return places;
  }

  private void read(ShardPiece.Arrivals section, Schema schema, RowReceiver rows)
      throws IOException {
    try (DataFileReader<GenericRecord> reader =
        AvroRowWriter.read(folder.workList().resolve(section.file()), schema)) {
      reader.seek(section.offset());
      for (int i = 0; i < section.rows(); i++) {
        rows.row(reader.next());
      }
    }
  }

  private interface RowReceiver {
    void row(GenericRecord row) throws IOException;
  }

  private static List<Move> moves(ShardPiece.Block block) {
    List<Move> moves = new ArrayList<>();
    Move.decode(block.bytes(), moves);
    return moves;
  }
}
