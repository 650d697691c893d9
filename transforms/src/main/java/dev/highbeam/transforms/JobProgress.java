// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.shards.RowCounts;
import dev.highbeam.transforms.shards.Spared;
import java.time.Duration;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts of one job in this process while it runs, for a progress line: Beam's own metrics come too
 * late on some runners. A bundle that is computed again counts again. Safe from any thread.
 */
public final class JobProgress {

  private static final ConcurrentMap<String, JobProgress> JOBS = new ConcurrentHashMap<>();

  private final LongAdder results = new LongAdder();
  private final LongAdder failures = new LongAdder();
  private final LongAdder requests = new LongAdder();
  private final LongAdder promptTokens = new LongAdder();
  private final LongAdder outputTokens = new LongAdder();
  private final LongAdder served = new LongAdder();
  private final AtomicReference<Spared> spared = new AtomicReference<>(Spared.NONE);
  private final ConcurrentMap<String, LongAdder> errors = new ConcurrentHashMap<>();
  private final AtomicReference<RowCounts> recovered = new AtomicReference<>(RowCounts.NONE);

  /** Who has rows that are not durable yet. */
  private final Set<Object> unsaved = new HashSet<>();

  private JobProgress() {}

  /** The counts of a job in this process, from zero at the first call. */
  public static JobProgress of(String job) {
    return JOBS.computeIfAbsent(job, name -> new JobProgress());
  }

  /** Forgets a job that is over. */
  public static void forget(String job) {
    JOBS.remove(job);
  }

  /** Requests that were handed to the engine or refused on the way. */
  public long requests() {
    return requests.sum();
  }

  /** Result rows, n per request. */
  public long results() {
    return results.sum();
  }

  /** Requests that ended in errors, those that reading and preparing refused not included. */
  public long failures() {
    return failures.sum();
  }

  /** Prompt tokens of completed requests. */
  public long promptTokens() {
    return promptTokens.sum();
  }

  /** Generated tokens of completed requests. */
  public long outputTokens() {
    return outputTokens.sum();
  }

  /** What this process has done, as far as it went: errors of every step that knows the job. */
  public RowCounts computed() {
    TreeMap<String, Long> byCode = new TreeMap<>();
    errors.forEach((code, count) -> byCode.put(code, count.sum()));
    return new RowCounts(
        served.sum(),
        results(),
        promptTokens(),
        outputTokens(),
        byCode,
        Objects.requireNonNull(spared.get()));
  }

  /** What this process has found in the journals of earlier ones. */
  public RowCounts recovered() {
    return Objects.requireNonNull(recovered.get());
  }

  /**
   * Waits until nobody in this process has rows of the job that are not durable; false if that
   * takes longer than the timeout. For who has stopped the job: workers learn that late, and then
   * save.
   */
  public boolean awaitSaved(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    synchronized (unsaved) {
      while (!unsaved.isEmpty()) {
        long millis = (deadline - System.nanoTime()) / 1_000_000;
        if (millis <= 0) {
          return false;
        }
        unsaved.wait(millis);
      }
      return true;
    }
  }

  void begin(Object worker) {
    synchronized (unsaved) {
      unsaved.add(worker);
    }
  }

  void saved(Object worker) {
    synchronized (unsaved) {
      unsaved.remove(worker);
      unsaved.notifyAll();
    }
  }

  void found(RowCounts counts) {
    recovered.accumulateAndGet(counts, RowCounts::plus);
  }

  /** A row that ended in errors before any engine saw it. */
  void refused(String code) {
    errors.computeIfAbsent(code, name -> new LongAdder()).increment();
  }

  void ended(RowCounts counts) {
    served.add(counts.served());
    results.add(counts.results());
    promptTokens.add(counts.inputTokens());
    outputTokens.add(counts.outputTokens());
    counts
        .errorsByCode()
        .forEach((code, count) -> errors.computeIfAbsent(code, n -> new LongAdder()).add(count));
    spared.accumulateAndGet(counts.spared(), Spared::plus);
    failures.add(counts.errors());
  }

  void request() {
    requests.increment();
  }

  void failure() {
    failures.increment();
  }

  void completion(long samples, long prompt, long output) {
    results.add(samples);
    promptTokens.add(prompt);
    outputTokens.add(output);
  }
}
