// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.transforms.shards.RowCounts;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricResults;
import org.apache.beam.sdk.metrics.MetricsFilter;

/**
 * Counts out of Beam's metrics, for rows that pass through other processes. They are the attempted
 * ones, and some runners tell them late: good enough while a job runs. At its end files are
 * counted.
 */
final class MetricCounts {

  private static final String NAMESPACE = "highbeam";
  private static final String ERRORS = "errors_";

  private MetricCounts() {}

  static RowCounts of(MetricResults metrics) {
    Map<String, Long> counters = counters(metrics);
    TreeMap<String, Long> errors = new TreeMap<>();
    counters.forEach(
        (name, count) -> {
          if (name.startsWith(ERRORS)) {
            errors.put(name.substring(ERRORS.length()), count);
          }
        });
    return new RowCounts(
        counters.getOrDefault("served", 0L),
        counters.getOrDefault("results", 0L),
        counters.getOrDefault("prompt_tokens", 0L),
        counters.getOrDefault("output_tokens", 0L),
        errors);
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
