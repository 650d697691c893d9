// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.engine.EngineInfo;
import dev.highbeam.runtime.engine.EngineLease;
import dev.highbeam.schemas.ResultFields;
import dev.highbeam.transforms.shards.FileFacts;
import dev.highbeam.transforms.shards.JournalEntry;
import dev.highbeam.transforms.shards.OutputException;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * What an instance of {@link InferShardsFn} holds from its setup to its teardown: its share of the
 * engine, the window of its bundle, and the shards that are open in it.
 */
final class ShardWorker implements AutoCloseable {

  private final EngineLease lease;
  private final EngineInfo info;
  private final boolean mayMixNumerics;
  private final InferShardsFn.Places places;
  private final InflightBudget budget;
  private final RequestIntake intake;
  private final ResultRows rows;
  private final JobProgress progress;
  private final List<OpenShard> open = new ArrayList<>();
  private volatile @Nullable InflightWindow<InferShardsFn.ShardRequest> window;

  ShardWorker(
      EngineLease lease,
      EngineConfig config,
      Generate.Options options,
      InferShardsFn.Places places) {
    this.lease = lease;
    this.info = lease.info();
    this.mayMixNumerics = config.allowMixedNumerics();
    this.places = places;
    this.budget = InflightBudget.of(info, options.inflight());
    this.intake = new RequestIntake(lease.tokenizer(), info.maxModelLength(), options);
    this.rows = new ResultRows(info, lease.tokenizer(), options.outputTokenIds());
    this.progress = JobProgress.of(options.job());
    requireNumerics(places.earlierNumerics());
  }

  RequestIntake intake() {
    return intake;
  }

  ResultRows rows() {
    return rows;
  }

  JobProgress progress() {
    return progress;
  }

  /** Begins a bundle; what a broken one has left is saved and cancelled. */
  void begin() {
    if (!open.isEmpty()) {
      saveAll(new IllegalStateException("the runner gave a bundle up"));
    }
    InflightWindow<InferShardsFn.ShardRequest> old = window;
    if (old != null && old.isEmpty()) {
      return;
    }
    if (old != null) {
      old.close();
    }
    window = new InflightWindow<>(lease.connect(), budget);
  }

  InflightWindow<InferShardsFn.ShardRequest> window() {
    InflightWindow<InferShardsFn.ShardRequest> opened = window;
    if (opened == null) {
      throw new IllegalStateException("the runner started no bundle");
    }
    return opened;
  }

  /** Opens a shard with what an earlier attempt has left of it. */
  OpenShard open(Shard shard) throws IOException {
    for (FileFacts file : shard.files()) {
      String problem = file.problem(places.folder().workList());
      if (problem != null) {
        throw new IOException("the work list is damaged: " + file.name() + " " + problem);
      }
    }
    ProcessEnd.ofThisProcess().begin(this);
    progress.begin(this);
    OpenShard opened = new OpenShard(places.folder(), shard, places.policy());
    open.add(opened);
    opened.recover(this::accepts);
    opened.reuse(this::acceptsEarlier);
    return opened;
  }

  /** Saves rows of open shards that have waited long enough; all, if the process shall end. */
  void saveDue() throws OutputException {
    ProcessEnd.ofThisProcess().throwIfEnding();
    long now = System.nanoTime();
    for (OpenShard shard : open) {
      shard.saveIfDue(now);
    }
  }

  /** Leaves all shards before the bundle fails; what cannot be saved is computed again. */
  void saveAll(Throwable failure) {
    for (OpenShard shard : open) {
      try {
        shard.leave();
      } catch (OutputException e) {
        if (e != failure) {
          failure.addSuppressed(e);
        }
      }
    }
    open.clear();
    saved();
  }

  ShardCommit commit(OpenShard shard) throws IOException {
    ShardCommit commit = shard.commit(places.files(), info, intake);
    open.remove(shard);
    if (open.isEmpty()) {
      saved();
    }
    return commit;
  }

  private void saved() {
    progress.saved(this);
    ProcessEnd.ofThisProcess().saved(this);
  }

  /**
   * Rows of another model cannot come here, because the launcher compares fingerprints; if they do,
   * they are computed again. Rows of other numerics end the job.
   */
  private boolean accepts(JournalEntry entry) {
    for (GenericRecord row : entry.results()) {
      if (!info.modelFingerprint().equals(row.get(ResultFields.MODEL_FINGERPRINT))) {
        return false;
      }
      requireNumerics(Set.of((String) row.get(ResultFields.NUMERICS_ID)));
    }
    return true;
  }

  /** Rows of another job are taken if this engine would give the same, and else computed. */
  private boolean acceptsEarlier(JournalEntry entry) {
    for (GenericRecord row : entry.results()) {
      String numerics = (String) row.get(ResultFields.NUMERICS_ID);
      boolean isOurs =
          info.modelFingerprint().equals(row.get(ResultFields.MODEL_FINGERPRINT))
              && (mayMixNumerics || List.of(info.numericsId().split("\\+")).contains(numerics));
      if (!isOurs) {
        return false;
      }
      row.put(ResultFields.MODEL, info.model());
    }
    return true;
  }

  private void requireNumerics(Set<String> earlier) {
    Set<String> mine = new TreeSet<>(List.of(info.numericsId().split("\\+")));
    if (!mayMixNumerics && !mine.containsAll(earlier)) {
      throw EngineException.configuration(
          "numerics_id was "
              + String.join("+", earlier)
              + " in the run that this one goes on with, and is "
              + info.numericsId()
              + ": use the same kind of device and version, or --allowMixedNumerics");
    }
  }

  @Override
  public void close() {
    InflightWindow<InferShardsFn.ShardRequest> opened = window;
    if (opened != null) {
      opened.close();
    }
    lease.close();
  }
}
