// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.schemas.FailureFields;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;

/**
 * Counts a job's failures by code while it runs, in this process; the twin of the transforms' own
 * JobProgress for failures that no engine has seen. Safe from any thread.
 */
final class FailureTally {

  private static final ConcurrentMap<String, ConcurrentMap<String, LongAdder>> JOBS =
      new ConcurrentHashMap<>();

  private FailureTally() {}

  /** Counts what passes under the job's name. */
  static ParDo.SingleOutput<GenericRecord, Void> counting(String job) {
    return ParDo.of(new CountFn(job));
  }

  /** Failures so far by code. */
  static Map<String, Long> of(String job) {
    Map<String, Long> counts = new HashMap<>();
    JOBS.getOrDefault(job, new ConcurrentHashMap<>())
        .forEach((code, count) -> counts.put(code, count.sum()));
    return counts;
  }

  /** Forgets a job that is over. */
  static void forget(String job) {
    JOBS.remove(job);
  }

  private static final class CountFn extends DoFn<GenericRecord, Void> {

    private static final long serialVersionUID = 1L;

    private final String job;

    CountFn(String job) {
      this.job = job;
    }

    @ProcessElement
    public void count(@Element GenericRecord failure) {
      String code = String.valueOf(failure.get(FailureFields.CODE));
      JOBS.computeIfAbsent(job, name -> new ConcurrentHashMap<>())
          .computeIfAbsent(code, name -> new LongAdder())
          .increment();
      MetricCounts.failure(code).inc();
    }
  }
}
