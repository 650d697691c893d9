// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import java.io.IOException;
import java.util.Map;
import org.apache.beam.runners.core.metrics.MetricsContainerStepMap;
import org.apache.beam.runners.flink.metrics.FlinkMetricContainer;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricResults;
import org.apache.flink.api.common.JobID;
import org.apache.flink.runtime.client.JobExecutionException;
import org.apache.flink.runtime.jobmaster.JobResult;
import org.joda.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline on a cluster. Beam's own result of a detached job reads the counters before the last
 * workers have handed theirs in, and knows no reason for a failure; the JobManager's final result
 * has both.
 */
final class ClusterResult implements PipelineResult {

  private static final long POLL_MILLIS = 500;

  private final Cluster cluster;
  private final JobID job;
  private @Nullable State end;
  private MetricResults metrics = metrics(new MetricsContainerStepMap());

  ClusterResult(Cluster cluster, JobID job) {
    this.cluster = cluster;
    this.job = job;
  }

  @Override
  public synchronized State getState() {
    State known = end;
    if (known != null) {
      return known;
    }
    return switch (cluster.status(job)) {
      case FINISHED -> State.DONE;
      case CANCELED -> State.CANCELLED;
      case FAILED -> State.FAILED;
      case SUSPENDED -> State.STOPPED;
      default -> State.RUNNING;
    };
  }

  @Override
  public State cancel() {
    if (!getState().isTerminal()) {
      cluster.cancel(job);
    }
    return getState();
  }

  @Override
  public State waitUntilFinish() {
    return waitUntilFinish(Duration.millis(Long.MAX_VALUE));
  }

  /** As Beam's, and throws the cause of a job that failed, as the Direct runner does. */
  @Override
  public State waitUntilFinish(Duration timeout) {
    long start = System.nanoTime();
    try {
      while (true) {
        State state = getState();
        if (state.isTerminal()) {
          return finish(state);
        }
        long left = timeout.getMillis() - (System.nanoTime() - start) / 1_000_000;
        if (left <= 0) {
          return state;
        }
        Thread.sleep(Math.min(POLL_MILLIS, left));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return State.RUNNING;
    }
  }

  /** Reads what the JobManager keeps of the job; it ends with its cluster in application mode. */
  private synchronized State finish(State state) {
    if (end != null) {
      return state;
    }
    try (cluster) {
      if (state == State.DONE) {
        metrics = metrics(accumulators(cluster.result(job)));
      }
      end = state;
      if (state == State.FAILED) {
        throw Causes.unwrapped(cluster.result(job));
      }
      return state;
    }
  }

  private static MetricsContainerStepMap accumulators(JobResult result) {
    try {
      Map<String, Object> all =
          result
              .toJobExecutionResult(ClusterResult.class.getClassLoader())
              .getAllAccumulatorResults();
      return all.get(FlinkMetricContainer.ACCUMULATOR_NAME) instanceof MetricsContainerStepMap ours
          ? ours
          : new MetricsContainerStepMap();
    } catch (JobExecutionException | IOException | ClassNotFoundException e) {
      throw new IllegalStateException("the counters of the finished job cannot be read", e);
    }
  }

  private static MetricResults metrics(MetricsContainerStepMap containers) {
    return MetricsContainerStepMap.asAttemptedOnlyMetricResults(containers);
  }

  /** Empty until the job is done: the workers hand their counters in when they end. */
  @Override
  public synchronized MetricResults metrics() {
    return metrics;
  }
}
