// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.engine.EngineInfo;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.shards.Attempt;
import dev.highbeam.transforms.shards.AvroRowWriter;
import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.Journal;
import dev.highbeam.transforms.shards.JournalEntry;
import dev.highbeam.transforms.shards.OutputException;
import dev.highbeam.transforms.shards.RowCounts;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.write.ShardFiles;
import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * A shard while its requests run: how each of them ended, in memory and, some rows or seconds
 * later, in the journal; and in the end the shard's files. Which rows these hold and in which order
 * depends on the shard alone, not on the order in which rows came. Used by one thread.
 */
final class OpenShard {

  /**
   * When rows are made durable.
   *
   * @param rows that may wait for it
   * @param time for which they may
   */
  record SavePolicy(int rows, Duration time) implements Serializable {}

  private final WorkFolder folder;
  private final Shard shard;
  private final SavePolicy policy;
  private final Journal journal;
  private final TreeMap<Integer, byte[]> entries = new TreeMap<>();
  private final List<byte[]> unsaved = new ArrayList<>();
  private long oldestUnsaved;
  private RowCounts counts = RowCounts.NONE;
  private boolean isSubmitted;

  OpenShard(WorkFolder folder, Shard shard, SavePolicy policy) {
    this.folder = folder;
    this.shard = shard;
    this.policy = policy;
    this.journal = new Journal(folder.journal(shard.number()));
  }

  /**
   * Takes over rows of an earlier job, for requests that have not ended. They are in no journal,
   * because every attempt finds them where this one does.
   */
  void reuse(Acceptor acceptor) throws IOException {
    FileFacts facts = shard.reused();
    if (facts == null) {
      return;
    }
    try (DataFileReader<GenericRecord> rows =
        AvroRowWriter.read(
            folder.workList().resolve(facts.name()), InferenceSchemas.JOURNAL_ENTRY)) {
      while (rows.hasNext()) {
        JournalEntry entry = JournalEntry.of(rows.next());
        if (!entries.containsKey(entry.index()) && acceptor.accepts(entry)) {
          keep(entry.index(), entry.encode(), entry.counts().reused());
        }
      }
    }
  }

  /**
   * Takes over what an earlier attempt left, as far as it can be read and is accepted, and notes
   * that this one has begun.
   */
  void recover(Acceptor acceptor) throws IOException {
    Attempt.begin(folder, shard.number());
    journal.read(
        entry -> {
          boolean isOurs = entry.index() >= 0 && entry.index() < shard.requests().rows();
          if (isOurs && !entries.containsKey(entry.index()) && acceptor.accepts(entry)) {
            keep(entry.index(), entry.encode(), entry.counts());
          }
        });
  }

  /** Decides which entries of a journal count. */
  interface Acceptor {
    boolean accepts(JournalEntry entry);
  }

  /** Whether this request has ended; an entry that turns out to be another's is dropped. */
  boolean isEndOf(int index, InferenceRequest request) {
    byte[] bytes = entries.get(index);
    if (bytes == null) {
      return false;
    }
    JournalEntry entry = JournalEntry.decode(bytes);
    if (entry.belongsTo(request.source(), request.position())) {
      return true;
    }
    entries.remove(index);
    counts = counts.minus(entry.counts());
    return false;
  }

  /** Counts of what has ended. */
  RowCounts counts() {
    return counts;
  }

  /** Takes the end of a request; the entry is in the journal soon after. */
  void put(JournalEntry entry, long nanos) throws OutputException {
    byte[] bytes = entry.encode();
    keep(entry.index(), bytes, entry.counts());
    if (unsaved.isEmpty()) {
      oldestUnsaved = nanos;
    }
    unsaved.add(bytes);
    if (!isComplete()) {
      saveIfDue(nanos); // A complete shard is committed in a moment, and needs no journal.
    }
  }

  /** Saves rows that have waited long enough. */
  void saveIfDue(long nanos) throws OutputException {
    boolean isOld = nanos - oldestUnsaved >= policy.time().toNanos();
    if (!unsaved.isEmpty() && (unsaved.size() >= policy.rows() || isOld)) {
      save();
    }
  }

  /** Saves what is not saved yet. */
  void save() throws OutputException {
    if (!unsaved.isEmpty()) {
      journal.append(unsaved);
      unsaved.clear();
    }
  }

  /** Saves everything and leaves the shard to whoever opens it next. */
  void leave() throws OutputException {
    save();
    Attempt.leave(folder, shard.number());
  }

  /** No further request will be submitted. */
  void allSubmitted() {
    isSubmitted = true;
  }

  /** Whether every request has ended. */
  boolean isComplete() {
    return isSubmitted && entries.size() == shard.requests().rows();
  }

  /**
   * Writes the shard's files, then its commit, and gives the journal up. Copies come after the rows
   * that they are copies of.
   */
  ShardCommit commit(ShardFiles files, EngineInfo engine, RequestIntake intake) throws IOException {
    TreeSet<String> numericsIds = new TreeSet<>();
    CopyRows copies = copies(intake);
    RowCounts all =
        copies == null ? counts : counts.plus(copies.counts((int) shard.requests().rows()));
    FileFacts results =
        all.results() == 0
            ? null
            : files.writeResults(
                folder.results(shard.number()),
                receiver -> {
                  for (byte[] bytes : entries.values()) {
                    for (GenericRecord row : JournalEntry.decode(bytes).results()) {
                      numericsIds.add((String) row.get(ResultFields.NUMERICS_ID));
                      receiver.row(row);
                    }
                  }
                  if (copies != null) {
                    copies.results(receiver);
                  }
                });
    FileFacts errors =
        all.errors() == 0
            ? null
            : files.writeErrors(
                folder.errors(shard.number()),
                receiver -> {
                  for (byte[] bytes : entries.values()) {
                    GenericRecord failure = JournalEntry.decode(bytes).failure();
                    if (failure != null) {
                      receiver.row(failure);
                    }
                  }
                  if (copies != null) {
                    copies.errors(receiver);
                  }
                });
    ShardCommit commit =
        new ShardCommit(
            shard.number(),
            shard.rows(),
            all,
            results,
            errors,
            engine.model(),
            engine.modelFingerprint(),
            numericsIds);
    commit.write(folder);
    unsaved.clear();
    journal.remove();
    Attempt.remove(folder, shard.number());
    return commit;
  }

  private @Nullable CopyRows copies(RequestIntake intake) {
    FileFacts facts = shard.copies();
    return facts == null
        ? null
        : new CopyRows(folder.workList(), facts, index -> JournalEntry.decode(end(index)), intake);
  }

  private byte[] end(int index) {
    byte[] bytes = entries.get(index);
    if (bytes == null) {
      throw new IllegalStateException("request " + index + " of a shard has not ended");
    }
    return bytes;
  }

  private void keep(int index, byte[] bytes, RowCounts more) {
    if (entries.put(index, bytes) != null) {
      throw new IllegalStateException("request " + index + " of a shard ended twice");
    }
    counts = counts.plus(more);
  }
}
