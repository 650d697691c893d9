// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
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
