// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A job's rows on their way through a runner. Called from one thread, cancel from any. */
public interface JobRun {

  /** Waits up to the timeout; true when nothing runs any more, whatever the reason. */
  boolean await(Duration timeout) throws InterruptedException;

  /** How far the rows are. */
  JobCounts counts();

  /** Why the run failed, or null if it did not. */
  @Nullable Throwable failure();

  /** Stops the run soon; harmless when it has ended. */
  void cancel();
}
