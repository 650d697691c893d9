// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.engine.EngineInfo;
import dev.highbeam.runtime.engine.EngineLease;
import dev.highbeam.runtime.engine.EngineProvider;
import dev.highbeam.schemas.ErrorCode;
import dev.highbeam.transforms.rows.BadRecordException;
import java.util.List;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.PaneInfo;
import org.apache.beam.sdk.values.TupleTag;
import org.joda.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Streams requests through a worker's shared engine. Rows leave while later requests come in;
 * FinishBundle waits for the rest. The runner's thread submits, polls and emits; the engine's
 * thread never touches Beam.
 *
 * <p>A runner may tear an instance down from another thread while it waits here, tear it down
 * twice, and finish a bundle after the teardown: hence the volatile fields and the checks for null.
 */
final class GenerateFn extends DoFn<InferenceRequest, GenericRecord> {

  private static final long serialVersionUID = 1L;
  private static final String METRICS = "highbeam";

  private final EngineProvider provider;
  private final EngineConfig config;
  private final Generate.Options options;
  private final TupleTag<GenericRecord> results;
  private final TupleTag<GenericRecord> failures;

  private final Counter requestCount = Metrics.counter(METRICS, "requests");
  private final Counter resultCount = Metrics.counter(METRICS, "results");
  private final Counter promptTokenCount = Metrics.counter(METRICS, "prompt_tokens");
  private final Counter outputTokenCount = Metrics.counter(METRICS, "output_tokens");

  private transient volatile @Nullable Worker worker;

  GenerateFn(
      EngineProvider provider,
      EngineConfig config,
      Generate.Options options,
      TupleTag<GenericRecord> results,
      TupleTag<GenericRecord> failures) {
    this.provider = provider;
    this.config = config;
    this.options = options;
    this.results = results;
    this.failures = failures;
  }

  @Setup
  public void setUp() {
    worker = new Worker(provider.acquire(config), options);
  }

  @StartBundle
  public void startBundle() {
    Worker current = worker;
    if (current != null) {
      current.openWindow();
    }
  }

  @ProcessElement
  public void process(
      @Element InferenceRequest request,
      @Timestamp Instant timestamp,
      BoundedWindow window,
      PaneInfo pane,
      MultiOutputReceiver output)
      throws InterruptedException {
    Worker current = worker;
    if (current == null) {
      throw new IllegalStateException("the runner gave a request to an instance torn down");
    }
    Emitter emitter =
        (tag, row, place) ->
            output
                .get(tag)
                .outputWindowedValue(row, place.timestamp(), List.of(place.window()), place.pane());
    PendingRequest.Place place = new PendingRequest.Place(timestamp, window, pane);
    requestCount.inc();
    current.progress.request();
    try {
      PendingRequest pending = current.intake.admit(request, place);
      emitFinished(current, emitter);
      current.window().submit(pending.submitted(), pending);
    } catch (BadRecordException e) {
      fail(current, request, place, e.code(), e.sentence(), emitter);
    }
  }

  @FinishBundle
  public void finishBundle(FinishBundleContext context) throws InterruptedException {
    Worker current = worker;
    if (current == null) {
      return;
    }
    // Beam's context has no place for a pane here; timestamp and window are the request's.
    Emitter emitter =
        (tag, row, place) -> context.output(tag, row, place.timestamp(), place.window());
    InflightWindow<PendingRequest> window = current.window();
    while (!window.isEmpty()) {
      emit(current, window.take(), emitter);
    }
  }

  @Teardown
  public void tearDown() {
    Worker current = worker;
    worker = null;
    if (current != null) {
      current.close();
    }
  }

  /** Emits what has finished, and waits for more only as long as the window is full. */
  private void emitFinished(Worker current, Emitter emitter) throws InterruptedException {
    InflightWindow<PendingRequest> window = current.window();
    while (true) {
      InflightWindow.Finished<PendingRequest> next =
          window.isFull() ? window.take() : window.poll();
      if (next == null) {
        return;
      }
      emit(current, next, emitter);
    }
  }

  private void emit(
      Worker current, InflightWindow.Finished<PendingRequest> finished, Emitter emitter) {
    PendingRequest pending = finished.pending();
    if (finished.outcome() instanceof Outcome.Rejection rejection) {
      fail(
          current,
          pending.request(),
          pending.place(),
          ErrorCode.valueOf(rejection.code().name()),
          rejection.message(),
          emitter);
    } else if (finished.outcome() instanceof Outcome.Completion completion) {
      long outputTokens = 0;
      for (GenericRecord row : current.rows.of(completion, pending)) {
        emitter.emit(results, row, pending.place());
      }
      for (var sample : completion.samples()) {
        outputTokens += sample.tokenIds().count();
      }
      resultCount.inc(completion.samples().size());
      promptTokenCount.inc(pending.submitted().promptTokenCount());
      outputTokenCount.inc(outputTokens);
      current.progress.completion(
          completion.samples().size(), pending.submitted().promptTokenCount(), outputTokens);
    }
  }

  private void fail(
      Worker current,
      InferenceRequest request,
      PendingRequest.Place place,
      ErrorCode code,
      String message,
      Emitter emitter) {
    Metrics.counter(METRICS, "errors_" + code.name()).inc();
    current.progress.failure();
    emitter.emit(failures, current.intake.failure(request, code, message), place);
  }

  /** Where rows go: another one while a bundle runs than at its end. */
  private interface Emitter {
    void emit(TupleTag<GenericRecord> tag, GenericRecord row, PendingRequest.Place place);
  }

  /** What an instance holds from its setup to its teardown. */
  private static final class Worker implements AutoCloseable {

    private final EngineLease lease;
    private final InflightBudget budget;
    private final RequestIntake intake;
    private final ResultRows rows;
    private final JobProgress progress;
    private volatile @Nullable InflightWindow<PendingRequest> window;

    Worker(EngineLease lease, Generate.Options options) {
      EngineInfo info = lease.info();
      this.lease = lease;
      this.budget = InflightBudget.of(info, options.inflight());
      this.intake = new RequestIntake(lease.tokenizer(), info.maxModelLength(), options);
      this.rows = new ResultRows(info, lease.tokenizer(), options.outputTokenIds());
      this.progress = JobProgress.of(options.job());
    }

    /** A window for a new bundle; what a broken bundle has left in the old one is cancelled. */
    void openWindow() {
      InflightWindow<PendingRequest> old = window;
      if (old != null && old.isEmpty()) {
        return;
      }
      if (old != null) {
        old.close();
      }
      window = new InflightWindow<>(lease.connect(), budget);
    }

    InflightWindow<PendingRequest> window() {
      InflightWindow<PendingRequest> open = window;
      if (open == null) {
        throw new IllegalStateException("the runner started no bundle");
      }
      return open;
    }

    @Override
    public void close() {
      InflightWindow<PendingRequest> open = window;
      if (open != null) {
        open.close();
      }
      lease.close();
    }
  }
}
