// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** The Direct runner's options for a job. */
final class DirectRunnerOptions {

  private DirectRunnerOptions() {}

  static PipelineOptions of(JobSettings settings) {
    DirectOptions options = PipelineOptionsFactory.create().as(DirectOptions.class);
    options.setRunner(DirectRunner.class);
    options.setTargetParallelism((Integer) settings.job().require(JobSetting.TARGET_PARALLELISM));
    // Both checks encode every element twice; our own tests run with them on.
    options.setEnforceImmutability(false);
    options.setEnforceEncodability(false);
    options.setBlockOnRun(false); // The job watches the pipeline itself.
    return options;
  }
}
