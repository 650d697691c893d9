// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.JobCounts;
import dev.highbeam.pipelines.job.JobRun;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.transforms.JobProgress;
import java.io.IOException;
import java.time.Duration;
import org.apache.beam.sdk.PipelineResult;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A pipeline that runs, seen as a job. Its counts come from the workers of this process if they are
 * here, else from Beam's metrics, which some runners tell only at the end.
 */
final class BeamRun implements JobRun {

  private static final Logger LOG = LoggerFactory.getLogger(BeamRun.class);

  private final PipelineResult result;
  private final String job;
  private final long totalRows;
  private final int samplesPerRow;
  private final boolean isInProcess;
  private @Nullable Throwable failure;
  private boolean isOver;

  BeamRun(PipelineResult result, GeneratePipeline wiring, boolean isInProcess) {
    this.result = result;
    this.isInProcess = isInProcess;
    this.job = wiring.job();
    this.totalRows = wiring.survey().rowCount();
    this.samplesPerRow = SamplingParams.of(wiring.settings().sampling()).n();
  }

  @Override
  public boolean await(Duration timeout) {
    if (isOver) {
      return true;
    }
    PipelineResult.State state;
    try {
      state = result.waitUntilFinish(org.joda.time.Duration.millis(timeout.toMillis()));
    } catch (RuntimeException | Error e) {
      failure = e; // The Direct runner throws here what a worker threw.
      isOver = true;
      return true;
    }
    isOver = state != null && state.isTerminal();
    if (isOver && state == PipelineResult.State.FAILED) {
      failure = new IllegalStateException("the runner gave the pipeline up without a reason");
    }
    return isOver;
  }

  @Override
  public JobCounts counts() {
    if (!isInProcess) {
      return MetricCounts.of(result.metrics(), totalRows);
    }
    JobProgress progress = JobProgress.of(job);
    long results = progress.results();
    long taken = progress.requests() - progress.failures();
    // Requests in flight are taken too; while it runs only results tell how many are done.
    long served = isOver && failure == null ? taken : Math.min(taken, results / samplesPerRow);
    return new JobCounts(
        totalRows,
        served,
        results,
        progress.promptTokens(),
        progress.outputTokens(),
        FailureTally.of(job));
  }

  @Override
  public @Nullable Throwable failure() {
    return failure;
  }

  @Override
  public void cancel() {
    try {
      result.cancel();
    } catch (IOException | RuntimeException e) {
      LOG.warn("The pipeline could not be stopped", e);
    }
  }
}
