// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.FinishReason;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.backend.BatchCheck;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.StepOutput;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns requests into outcomes, one step at a time: schedule, build, run, commit, publish. With
 * asynchronous scheduling, step n + 1 is planned while step n runs and assumes that every running
 * sequence got its token; what a sequence computed past its end is dropped at commit.
 *
 * <p>Single-threaded: {@link EngineLoop} owns it. Keeps I8: each request that is added ends in
 * exactly one outcome.
 */
final class Engine implements AutoCloseable {

  private final EngineInfo info;
  private final Capacity capacity;
  private final Executable executable;
  private final Tokenizer tokenizer;
  private final EndTokens endTokens;
  private final boolean isAsync;
  private final Scheduler scheduler;
  private final BatchBuilder batchBuilder;

  /** Used where assertions are on. */
  private final BatchCheck check;

  private final ForwardBatch[] batches;
  private final StepCounters counters;
  private final Heartbeat heartbeat = new Heartbeat();
  private final OutputCheck outputs;
  private final Map<RequestState, List<Sequence>> open = new HashMap<>();
  private final List<RequestState> ended = new ArrayList<>();
  private int nextBatch;
  private long launchedSteps;
  private long awaitedSteps;
  private @Nullable Step inFlight;

  Engine(EngineSetup setup) {
    info = setup.info();
    capacity = setup.capacity();
    executable = setup.executable();
    tokenizer = setup.tokenizer();
    endTokens = new EndTokens(setup.endTokenIds());
    isAsync = setup.isAsync();
    outputs = new OutputCheck(setup.selfTest(), System::nanoTime);
    scheduler = new Scheduler(capacity, setup.maxChunkTokens(), setup.prefixCaching());
    batchBuilder = new BatchBuilder(capacity, endTokens);
    check = new BatchCheck(capacity, info.vocabularySize());
    batches = new ForwardBatch[] {new ForwardBatch(capacity), new ForwardBatch(capacity)};
    counters = new StepCounters(capacity.pageCount());
  }

  /** Takes a request in, or rejects it at once if it could never be served. */
  void add(RequestState request) {
    counters.countArrival();
    if (!Admission.check(request, info.vocabularySize(), capacity.maxModelLength())) {
      counters.countEnd();
      ended.add(request);
      return;
    }
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 0; i < request.request().sampling().n(); i++) {
      StopChecker stopChecker =
          new StopChecker(
              request.request().sampling(),
              request.promptTokenIds(),
              endTokens::isModelEnd,
              tokenizer);
      Sequence sequence = new Sequence(request, i, capacity.maxModelLength(), stopChecker);
      sequences.add(sequence);
      scheduler.add(sequence);
    }
    open.put(request, sequences);
  }

  /** Gives a request up; nothing happens if it has ended. */
  void cancel(RequestState request) {
    if (open.containsKey(request)) {
      reject(request, RejectionCode.CANCELLED, "the request was given up before it was done");
    }
  }

  boolean isIdle() {
    return inFlight == null && scheduler.isIdle();
  }

  /** Plans and starts one step and commits one that is done. */
  void step() {
    long start = System.nanoTime();
    Step step = scheduler.schedule();
    if (!step.isEmpty()) {
      ForwardBatch batch = batches[nextBatch];
      nextBatch = 1 - nextBatch;
      batchBuilder.build(step, batch);
      assert check.accepts(batch) : "it throws and says what is wrong";
      counters.countStep(step);
      heartbeat.enterStep(++launchedSteps);
      counters.timeDevice(() -> executable.launch(batch));
    }
    if (isAsync) {
      Step earlier = inFlight;
      inFlight = step.isEmpty() ? null : step;
      finish(earlier);
    } else {
      finish(step.isEmpty() ? null : step);
    }
    assert scheduler.pool().isConsistent() : "I1: pages are lost or counted twice";
    if (outputs.isSuspect()) {
      heartbeat.beat(); // A test that fails is no fault of this step's last op.
      outputs.testDevice();
    }
    counters.countTime(System.nanoTime() - start);
  }

  /** Requests that ended since the last call. */
  List<RequestState> takeEnded() {
    List<RequestState> taken = List.copyOf(ended);
    ended.clear();
    return taken;
  }

  /** Requests that have not ended. */
  List<RequestState> openRequests() {
    return List.copyOf(open.keySet());
  }

  /** Signs of life of the thread that runs this engine. */
  Heartbeat heartbeat() {
    return heartbeat;
  }

  /** The op that the device runs now or ran last; may be called from any thread. */
  String currentOp() {
    return executable.currentOp();
  }

  EngineStats stats() {
    return counters.snapshot(scheduler, outputs.counts());
  }

  @Override
  public void close() {
    try (executable) {
      outputs.close();
    }
  }

  private void finish(@Nullable Step step) {
    if (step == null) {
      return;
    }
    heartbeat.enterStep(++awaitedSteps);
    StepOutput output = counters.timeDevice(executable::await);
    heartbeat.beat();
    for (Step.Chunk chunk : step.chunks()) {
      commit(chunk, output);
    }
  }

  private void commit(Step.Chunk chunk, StepOutput output) {
    Sequence sequence = chunk.sequence();
    if (sequence.status() == Sequence.Status.FINISHED) {
      return;
    }
    for (int i = 0; i < chunk.scoreCount(); i++) {
      if (isRejected(output, chunk.scoreRow() + i, sequence)) {
        return;
      }
      sequence.commitPromptLogprob(output, chunk.scoreRow() + i);
    }
    if (!chunk.isSampling()) {
      return;
    }
    if (isRejected(output, chunk.sampleRow(), sequence)) {
      return;
    }
    counters.countOutputToken();
    FinishReason reason = sequence.commit(output, chunk.sampleRow());
    if (reason != null) {
      scheduler.remove(sequence);
      sequence.deliver(reason);
      endIfDone(sequence.request());
    }
  }

  /** Rejects the sequence's request if the row has no logits to choose by. */
  private boolean isRejected(StepOutput output, int row, Sequence sequence) {
    if (output.isNonFinite(row)) {
      reject(sequence, RejectionCode.NON_FINITE, "the model gave logits that are not finite");
      return true;
    }
    if (output.isUniform(row)) {
      reject(sequence, RejectionCode.UNIFORM, "the model gave every token the same logit");
      return true;
    }
    return false;
  }

  private void reject(Sequence sequence, RejectionCode code, String what) {
    String where =
        " after " + sequence.tokenCount() + " tokens of sample " + sequence.sampleIndex();
    reject(sequence.request(), code, what + where);
  }

  private void reject(RequestState request, RejectionCode code, String message) {
    for (Sequence sequence : open.getOrDefault(request, List.of())) {
      scheduler.remove(sequence);
    }
    request.reject(code, message);
    endIfDone(request);
  }

  private void endIfDone(RequestState request) {
    List<Sequence> sequences = request.outcome() == null ? null : open.remove(request);
    if (sequences != null) {
      counters.countEnd();
      ended.add(request);
      outputs.ended(request, sequences);
    }
  }
}
