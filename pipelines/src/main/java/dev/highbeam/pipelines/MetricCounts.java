// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.JobCounts;
import java.util.HashMap;
import java.util.Map;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricResults;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.metrics.MetricsFilter;

/**
 * A job's counts out of Beam's metrics, for rows that pass through other processes. They are the
 * attempted ones: a runner that counts an attempt that failed beside the one that replaced it would
 * show more rows than there are, and the job would say so.
 */
final class MetricCounts {

  private static final String NAMESPACE = "highbeam";
  private static final String FAILURE = "failure_";

  /** Requests that the engine or the intake before it refused; the transforms count them so. */
  private static final String REFUSED = "errors_";

  private MetricCounts() {}

  /** The counter of rows that ended in errors with a code. */
  static Counter failure(String code) {
    return Metrics.counter(NAMESPACE, FAILURE + code);
  }

  static JobCounts of(MetricResults metrics, long totalRows) {
    Map<String, Long> counters = counters(metrics);
    Map<String, Long> failures = new HashMap<>();
    long refused = 0;
    for (Map.Entry<String, Long> counter : counters.entrySet()) {
      if (counter.getKey().startsWith(FAILURE)) {
        failures.put(counter.getKey().substring(FAILURE.length()), counter.getValue());
      } else if (counter.getKey().startsWith(REFUSED)) {
        refused += counter.getValue();
      }
    }
    return new JobCounts(
        totalRows,
        counters.getOrDefault("requests", 0L) - refused,
        counters.getOrDefault("results", 0L),
        counters.getOrDefault("prompt_tokens", 0L),
        counters.getOrDefault("output_tokens", 0L),
        failures);
  }

  /** Each counter's sum over all steps. */
  private static Map<String, Long> counters(MetricResults metrics) {
    MetricsFilter ours =
        MetricsFilter.builder().addNameFilter(MetricNameFilter.inNamespace(NAMESPACE)).build();
    Map<String, Long> counters = new HashMap<>();
    for (MetricResult<Long> counter : metrics.queryMetrics(ours).getCounters()) {
      counters.merge(counter.getName().getName(), counter.getAttempted(), Long::sum);
    }
    return counters;
  }
}
