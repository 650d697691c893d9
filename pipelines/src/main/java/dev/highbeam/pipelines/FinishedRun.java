// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import dev.highbeam.pipelines.job.JobCounts;
import dev.highbeam.pipelines.job.JobRun;
import dev.highbeam.transforms.shards.Manifest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A run that finds its job done: nothing is left to compute, no engine starts.
 *
 * @param manifest of the job
 */
record FinishedRun(Manifest manifest) implements JobRun {

  @Override
  public boolean await(Duration timeout) {
    return true;
  }

  @Override
  public JobCounts counts() {
    return Counts.of(manifest.rows(), manifest.counts(), manifest.counts().ended(), 0);
  }

  @Override
  public @Nullable Throwable failure() {
    return null;
  }

  @Override
  public void cancel() {}
}
