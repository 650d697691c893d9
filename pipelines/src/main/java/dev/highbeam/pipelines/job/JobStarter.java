// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.pipelines.options.JobSettings;
import java.nio.file.Path;

/** What runs the rows: a Beam pipeline on some runner, or a fake in tests. */
@FunctionalInterface
public interface JobStarter {

  /** Rows that are ready to go. */
  @FunctionalInterface
  interface Prepared {

    /** Starts the rows towards the output folder and returns at once. */
    JobRun start(Path output);

    /** Whether what lies in the output folder belongs to these rows and must stay. */
    default boolean isResuming() {
      return false;
    }

    /** Rows of which some may be done already. */
    static Prepared resuming(Prepared rows) {
      return new Prepared() {
        @Override
        public JobRun start(Path output) {
          return rows.start(output);
        }

        @Override
        public boolean isResuming() {
          return true;
        }
      };
    }
  }

  /**
   * Looks through the input before anything runs or is removed.
   *
   * @throws dev.highbeam.pipelines.options.UsageException if the input does not suit the settings
   */
  Prepared prepare(JobSettings settings);
}
