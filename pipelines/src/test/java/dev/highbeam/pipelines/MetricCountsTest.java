// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.transforms.shards.RowCounts;
import java.util.Map;
import java.util.TreeMap;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.junit.jupiter.api.Test;

final class MetricCountsTest {

  /** Counts as the transforms do: three requests, of which the engine refuses one. */
  private static final class CountingFn extends DoFn<Integer, Integer> {

    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element Integer element, OutputReceiver<Integer> output) {
      Metrics.counter("highbeam", "requests").inc();
      Metrics.counter("other", "requests").inc(100);
      if (element == 0) {
        Metrics.counter("highbeam", "errors_TOO_LONG").inc();
        Metrics.counter("highbeam", "errors_BAD_ENCODING").inc(); // A row that reading refused.
      } else {
        Metrics.counter("highbeam", "served").inc();
        Metrics.counter("highbeam", "results").inc(2);
        Metrics.counter("highbeam", "prompt_tokens").inc(5);
        Metrics.counter("highbeam", "output_tokens").inc(7);
      }
      output.output(element);
    }
  }

  @Test
  void givenCountersOfSeveralSteps_of_areSummed() {
    PipelineOptions options = PipelineOptionsFactory.create();
    options.setRunner(DirectRunner.class);
    Pipeline pipeline = Pipeline.create(options);
    pipeline
        .apply(Create.of(0, 1, 2))
        .apply("Once", ParDo.of(new CountingFn()))
        .apply("Again", ParDo.of(new CountingFn()));
    PipelineResult result = pipeline.run();
    result.waitUntilFinish();

    assertThat(MetricCounts.of(result.metrics()))
        .isEqualTo(
            new RowCounts(4, 8, 20, 28, new TreeMap<>(Map.of("TOO_LONG", 2L, "BAD_ENCODING", 2L))));
  }
}
