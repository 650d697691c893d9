// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** Pipelines for tests: the Direct runner with its checks of immutability and encodability on. */
public final class Pipelines {

  private Pipelines() {}

  public static Pipeline create(int threads) {
    DirectOptions options = PipelineOptionsFactory.create().as(DirectOptions.class);
    options.setRunner(DirectRunner.class);
    options.setTargetParallelism(threads);
    return Pipeline.create(options);
  }
}
