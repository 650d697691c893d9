// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.util.function.Supplier;

/** The engine's running totals; owned by the engine's thread, read as {@link EngineStats}. */
final class StepCounters {

  private final int pageCount;
  private long steps;
  private long promptTokens;
  private long cachedTokens;
  private long outputTokens;
  private long finishedRequests;
  private long preemptions;
  private long sequenceSteps;
  private long sharedSteps;
  private long inputSteps;
  private long inputSequenceSteps;
  private long stepNanos;
  private long deviceNanos;

  StepCounters(int pageCount) {
    this.pageCount = pageCount;
  }

  /** A request came in: all steps so far had input left to take. */
  void countArrival() {
    inputSteps = steps;
    inputSequenceSteps = sequenceSteps;
  }

  void countEnd() {
    finishedRequests++;
  }

  void countOutputToken() {
    outputTokens++;
  }

  void countStep(Step step) {
    steps++;
    sequenceSteps += step.chunks().size();
    preemptions += step.preemptionCount();
    int firstOwner = step.chunks().get(0).sequence().request().owner();
    boolean isShared = false;
    for (Step.Chunk chunk : step.chunks()) {
      int promptLength = chunk.sequence().promptTokenCount();
      promptTokens += Math.max(0, Math.min(chunk.end(), promptLength) - chunk.start());
      isShared |= chunk.sequence().request().owner() != firstOwner;
    }
    for (Sequence sequence : step.admitted()) {
      cachedTokens += sequence.hitTokenCount();
    }
    sharedSteps += isShared ? 1 : 0;
  }

  void countTime(long nanos) {
    stepNanos += nanos;
  }

  /** Starts a step and counts the time: a device that computes at once does it here. */
  void timeDevice(Runnable launch) {
    long start = System.nanoTime();
    launch.run();
    deviceNanos += System.nanoTime() - start;
  }

  /** Waits for the device and counts the time. */
  <T> T timeDevice(Supplier<T> wait) {
    long start = System.nanoTime();
    T result = wait.get();
    deviceNanos += System.nanoTime() - start;
    return result;
  }

  EngineStats snapshot(Scheduler scheduler, DegenerateCounts degenerate) {
    return new EngineStats(
        steps,
        promptTokens,
        cachedTokens,
        outputTokens,
        finishedRequests,
        preemptions,
        sequenceSteps,
        sharedSteps,
        inputSteps,
        inputSequenceSteps,
        scheduler.runningCount(),
        scheduler.waitingCount(),
        scheduler.pool().referencedCount(),
        pageCount,
        stepNanos,
        deviceNanos,
        degenerate);
  }
}
