// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.engine.EngineProvider;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.schemas.InferenceSchemas;
import dev.highbeam.transforms.rows.BadRecordException;
import dev.highbeam.transforms.shards.Attempt;
import dev.highbeam.transforms.shards.AvroRowWriter;
import dev.highbeam.transforms.shards.JournalEntry;
import dev.highbeam.transforms.shards.RowCounts;
import dev.highbeam.transforms.shards.Shard;
import dev.highbeam.transforms.shards.ShardCommit;
import dev.highbeam.transforms.shards.WorkFolder;
import dev.highbeam.transforms.write.ShardFiles;
import java.io.IOException;
import java.io.Serializable;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.jspecify.annotations.Nullable;

/**
 * Streams the requests of shards through a worker's shared engine and commits each shard when its
 * last row is there. The window stays open from shard to shard, so that the end of one is no
 * barrier for the next; only FinishBundle waits for the rest. The runner's thread does everything
 * here; the engine's thread never touches Beam.
 *
 * <p>A runner may tear an instance down from another thread while it waits here, tear it down
 * twice, and finish a bundle after the teardown: hence the volatile field and the checks for null.
 */
final class InferShardsFn extends DoFn<Shard, ShardCommit> {

  private static final long serialVersionUID = 1L;
  private static final String METRICS = "highbeam";

  /** Codes of requests that are still open. */
  private static final Set<RejectionCode> GIVEN_UP =
      Set.of(RejectionCode.CANCELLED, RejectionCode.TIMEOUT);

  /** Rows of shards go to no collection, so their place in time is of no account. */
  private static final PendingRequest.Place NO_PLACE =
      new PendingRequest.Place(
          BoundedWindow.TIMESTAMP_MIN_VALUE, GlobalWindow.INSTANCE, PaneInfo.NO_FIRING);

  /** Where shards lie, and how they are kept. */
  record Places(
      WorkFolder folder,
      ShardFiles files,
      OpenShard.SavePolicy policy,
      TreeSet<String> earlierNumerics)
      implements Serializable {}

  private final EngineProvider provider;
  private final EngineConfig config;
  private final Generate.Options options;
  private final Places places;

  private final Counter requestCount = Metrics.counter(METRICS, "requests");
  private final Counter servedCount = Metrics.counter(METRICS, "served");
  private final Counter resultCount = Metrics.counter(METRICS, "results");
  private final Counter promptTokenCount = Metrics.counter(METRICS, "prompt_tokens");
  private final Counter outputTokenCount = Metrics.counter(METRICS, "output_tokens");
  private final Counter sparedTokenCount = Metrics.counter(METRICS, "spared_output_tokens");
  private final Counter shardCount = Metrics.counter(METRICS, "shards");

  private transient volatile @Nullable ShardWorker worker;

  InferShardsFn(
      EngineProvider provider, EngineConfig config, Generate.Options options, Places places) {
    this.provider = provider;
    this.config = config;
    this.options = options;
    this.places = places;
  }

  @Setup
  public void setUp() throws IOException {
    EngineConfig engine = Attempt.isIsolationDue(places.folder()) ? config.isolated(true) : config;
    worker = new ShardWorker(provider.acquire(engine), engine, options, places);
  }

  @StartBundle
  public void startBundle() {
    ShardWorker current = worker;
    if (current != null) {
      current.begin();
    }
  }

  @ProcessElement
  public void process(@Element Shard shard, OutputReceiver<ShardCommit> output)
      throws IOException, InterruptedException {
    ShardWorker current = worker;
    if (current == null) {
      throw new IllegalStateException("the runner gave a shard to an instance torn down");
    }
    ShardCommit earlier = ShardCommit.find(places.folder(), shard);
    if (earlier != null) {
      output.output(earlier);
      return;
    }
    try {
      infer(current, shard, output::output);
    } catch (IOException | InterruptedException | RuntimeException e) {
      leave(current, e);
      throw e;
    }
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext context) throws IOException, InterruptedException {
    ShardWorker current = worker;
    if (current == null) {
      return;
    }
    Emitter emitter =
        commit -> context.output(commit, BoundedWindow.TIMESTAMP_MIN_VALUE, GlobalWindow.INSTANCE);
    try {
      while (!current.window().isEmpty()) {
        end(current, current.window().await(), emitter);
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      leave(current, e);
      throw e;
    }
  }

  /**
   * Saves what has ended before the bundle fails, also what nobody has asked the engine for yet.
   */
  private void leave(ShardWorker current, Throwable failure) {
    // A thread that is told to stop cannot write: its files are closed under it.
    boolean isInterrupted = Thread.interrupted();
    try {
      InflightWindow.Finished<ShardRequest> next = current.window().poll();
      while (next != null) {
        ShardRequest ended = next.pending();
        keep(current, ended.shard(), entry(current, ended, next.outcome()));
        next = current.window().poll();
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      if (e != failure) {
        failure.addSuppressed(e);
      }
    }
    current.saveAll(failure);
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Teardown
  public void tearDown() {
    ShardWorker current = worker;
    worker = null;
    if (current != null) {
      current.close();
    }
  }

  private void infer(ShardWorker current, Shard shard, Emitter emitter)
      throws IOException, InterruptedException {
    OpenShard open = current.open(shard);
    RowCounts found = open.counts();
    int index = 0;
    try (DataFileReader<GenericRecord> requests =
        AvroRowWriter.read(
            places.folder().workList().resolve(shard.requests().name()),
            InferenceSchemas.REQUEST)) {
      while (requests.hasNext()) {
        InferenceRequest request = InferenceRequestCoder.fromRecord(requests.next());
        if (!open.isEndOf(index, request)) {
          submit(current, open, index, request, emitter);
        }
        index++;
      }
    }
    if (index != shard.requests().rows()) {
      throw new IOException(
          "shard "
              + shard.number()
              + " holds "
              + index
              + " requests, the work list says "
              + shard.requests().rows());
    }
    current.progress().found(found);
    open.allSubmitted();
    commitIfComplete(current, open, emitter);
  }

  private void submit(
      ShardWorker current, OpenShard open, int index, InferenceRequest request, Emitter emitter)
      throws IOException, InterruptedException {
    requestCount.inc();
    current.progress().request();
    PendingRequest pending;
    try {
      pending = current.intake().admit(request, NO_PLACE);
    } catch (BadRecordException e) {
      GenericRecord failure = current.intake().failure(request, e.code(), e.sentence());
      put(current, open, JournalEntry.failed(index, failure), emitter);
      return;
    }
    InflightWindow<ShardRequest> window = current.window();
    InflightWindow.Finished<ShardRequest> next = window.poll();
    while (next != null || window.isFull()) {
      end(current, next, emitter);
      next = window.isFull() ? window.await() : window.poll();
    }
    current.saveDue();
    window.submit(pending.submitted(), new ShardRequest(open, index, pending));
  }

  /** Takes a request's end in, if there is one, and does what time asks for. */
  private void end(
      ShardWorker current,
      InflightWindow.@Nullable Finished<ShardRequest> finished,
      Emitter emitter)
      throws IOException {
    if (finished != null) {
      ShardRequest ended = finished.pending();
      JournalEntry entry = entry(current, ended, finished.outcome());
      put(current, ended.shard(), entry, emitter);
      if (isPoison(finished.outcome())) {
        ended.shard().save(); // It cost more than any row to find out.
      }
    }
    current.saveDue();
  }

  private static boolean isPoison(Outcome outcome) {
    return outcome instanceof Outcome.Rejection rejection
        && rejection.code() == RejectionCode.POISON;
  }

  private static JournalEntry entry(ShardWorker current, ShardRequest ended, Outcome outcome) {
    if (outcome instanceof Outcome.Completion completion) {
      return JournalEntry.served(ended.index(), current.rows().of(completion, ended.pending()));
    }
    Outcome.Rejection rejection = (Outcome.Rejection) outcome;
    if (GIVEN_UP.contains(rejection.code())) {
      // No end of the row: whoever opens the shard next computes it.
      throw EngineException.retryable("a request was given up: " + rejection.message(), null);
    }
    ErrorCode code = ErrorCode.valueOf(rejection.code().name());
    return JournalEntry.failed(
        ended.index(),
        current.intake().failure(ended.pending().request(), code, rejection.message()));
  }

  private void put(ShardWorker current, OpenShard shard, JournalEntry entry, Emitter emitter)
      throws IOException {
    keep(current, shard, entry);
    commitIfComplete(current, shard, emitter);
  }

  private void keep(ShardWorker current, OpenShard shard, JournalEntry entry) throws IOException {
    count(current, entry.counts());
    shard.put(entry, System.nanoTime());
  }

  private void count(ShardWorker current, RowCounts counts) {
    servedCount.inc(counts.served());
    resultCount.inc(counts.results());
    promptTokenCount.inc(counts.inputTokens());
    outputTokenCount.inc(counts.outputTokens());
    sparedTokenCount.inc(counts.spared().outputTokens());
    counts
        .errorsByCode()
        .forEach((code, rows) -> Metrics.counter(METRICS, "errors_" + code).inc(rows));
    current.progress().ended(counts);
  }

  private void commitIfComplete(ShardWorker current, OpenShard shard, Emitter emitter)
      throws IOException {
    if (shard.isComplete()) {
      ShardCommit commit = current.commit(shard);
      count(current, commit.counts().minus(shard.counts())); // Copies end with their shard.
      emitter.emit(commit);
      shardCount.inc();
    }
  }

  /** Where commits go: another one while a bundle runs than at its end. */
  private interface Emitter {
    void emit(ShardCommit commit);
  }

  /** What is remembered of a request while the engine has it. */
  record ShardRequest(OpenShard shard, int index, PendingRequest pending) {}
}
