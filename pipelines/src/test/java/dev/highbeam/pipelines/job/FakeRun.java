// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A run that goes through given counts, one per await, and ends after the last or when stopped. */
final class FakeRun implements JobRun {

  private final Deque<JobCounts> steps;
  private final @Nullable Throwable failure;
  private JobCounts current = JobCounts.NONE;
  boolean isCancelled;

  FakeRun(@Nullable Throwable failure, JobCounts... steps) {
    this.failure = failure;
    this.steps = new ArrayDeque<>(List.of(steps));
  }

  @Override
  public boolean await(Duration timeout) {
    if (isCancelled || steps.isEmpty()) {
      return true;
    }
    current = steps.removeFirst();
    return steps.isEmpty();
  }

  @Override
  public JobCounts counts() {
    return current;
  }

  @Override
  public @Nullable Throwable failure() {
    return failure;
  }

  @Override
  public void cancel() {
    isCancelled = true;
  }
}
