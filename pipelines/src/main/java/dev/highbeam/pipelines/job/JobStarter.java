// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.pipelines.options.JobSettings;
import java.nio.file.Path;

/** What runs the rows: a Beam pipeline on some runner, or a fake in tests. */
@FunctionalInterface
public interface JobStarter {

  /** Starts the rows of these settings towards the output folder and returns at once. */
  JobRun start(JobSettings settings, Path output);
}
