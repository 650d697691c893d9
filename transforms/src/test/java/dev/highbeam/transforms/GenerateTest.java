// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.schemas.FailureFields;
import dev.highbeam.schemas.ResultFields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.apache.avro.generic.GenericRecord;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.FixedWindows;
import org.apache.beam.sdk.transforms.windowing.IntervalWindow;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.util.SerializableUtils;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TimestampedValue;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;

class GenerateTest {

  private static final Settings<SamplingSetting> NONE = Settings.none(SamplingSetting.class);

  @Test
  void givenGoodAndBadRequests_eachEndsOnce_inResultsOrFailures() {
    FakeEngine engine = new FakeEngine("mixed", 4, 100, Integer.MAX_VALUE);
    List<InferenceRequest> requests =
        List.of(
            InferenceRequest.of("good", "abc"),
            InferenceRequest.of("loop", "at " + FakeEngine.LOOP),
            InferenceRequest.of("empty", ""),
            InferenceRequest.of("too long", "x".repeat(100)),
            InferenceRequest.of("absurd", "x".repeat(26_000)),
            InferenceRequest.of("contradiction", "abc")
                .withSampling(
                    NONE.with(SamplingSetting.MIN_TOKENS, 9).with(SamplingSetting.MAX_TOKENS, 2)),
            InferenceRequest.of("cut", "abcdef")
                .withSampling(NONE.with(SamplingSetting.MAX_TOKENS, 2)));
    Pipeline pipeline = Pipelines.create(2);
    Generate.Result result =
        pipeline.apply(Create.of(requests)).apply(Generate.with(engine, FakeEngine.config()));

    PAssert.that(result.getResults())
        .satisfies(
            rows -> {
              Map<String, GenericRecord> byId = byId(rows);
              assertThat(byId).containsOnlyKeys("good", "loop", "cut");
              GenericRecord good = byId.get("good");
              long seed = (Long) good.get(ResultFields.SEED);
              assertThat(good.get(ResultFields.GENERATED_TEXT))
                  .isEqualTo(FakeEngine.answer("abc", seed, 0));
              assertThat(good.get(ResultFields.FINISH_REASON)).isEqualTo("stop");
              assertThat(good.get(ResultFields.REPEATING)).isEqualTo(false);
              assertThat(byId.get("loop").get(ResultFields.REPEATING)).isEqualTo(true);
              // Three bytes and the token that begins every prompt.
              assertThat(good.get(ResultFields.NUM_INPUT_TOKENS)).isEqualTo(4);
              assertThat(good.get(ResultFields.MODEL)).isEqualTo("fake");
              assertThat(good.get(ResultFields.NUMERICS_ID)).isEqualTo("fake-1");
              assertThat(byId.get("cut").get(ResultFields.GENERATED_TEXT)).isEqualTo("fe");
              assertThat(byId.get("cut").get(ResultFields.FINISH_REASON)).isEqualTo("length");
              assertThat(byId.get("cut").get(ResultFields.NUM_GENERATED_TOKENS)).isEqualTo(2);
              return null;
            });
    PAssert.that(result.getFailures())
        .satisfies(
            rows -> {
              Map<String, String> codes = new HashMap<>();
              for (GenericRecord row : rows) {
                codes.put(text(row, FailureFields.CUSTOM_ID), text(row, FailureFields.CODE));
              }
              assertThat(codes)
                  .containsExactlyInAnyOrderEntriesOf(
                      Map.of(
                          "empty", "EMPTY",
                          "too long", "TOO_LONG",
                          "absurd", "TOO_LONG",
                          "contradiction", "BAD_REQUEST"));
              return null;
            });
    PipelineResult run = pipeline.run();
    run.waitUntilFinish();
    assertThat(counter(run, "results")).isEqualTo(3);
    assertThat(counter(run, "errors_TOO_LONG")).isEqualTo(2);
    assertThat(FakeEngine.running("mixed").leases).hasValue(0);
    assertThat(FakeEngine.running("mixed").openClients).isEmpty();
    // Neither the empty, nor the absurd, nor the contradictory one reached the engine.
    assertThat(FakeEngine.running("mixed").submitted).hasValue(4);
  }

  @Test
  void givenSeveralSamplesAndLogprobs_givesARowEach_withTheirColumns() {
    Settings<SamplingSetting> sampling =
        NONE.with(SamplingSetting.N, 3)
            .with(SamplingSetting.SEED, 7)
            .with(SamplingSetting.LOGPROBS, 2)
            .with(SamplingSetting.PROMPT_LOGPROBS, 1);
    Pipeline pipeline = Pipelines.create(2);
    PCollection<GenericRecord> results =
        pipeline
            .apply(Create.of(InferenceRequest.of("a", "xy").withSampling(sampling)))
            .apply(
                Generate.with(FakeEngine.named("samples"), FakeEngine.config())
                    .withOutputTokenIds())
            .getResults();
    PAssert.that(results)
        .satisfies(
            rows -> {
              Map<Object, GenericRecord> bySample = new HashMap<>();
              rows.forEach(row -> bySample.put(row.get(ResultFields.SAMPLE_INDEX), row));
              assertThat(bySample).containsOnlyKeys(0, 1, 2);
              GenericRecord last = bySample.get(2);
              assertThat(last.get(ResultFields.GENERATED_TEXT)).isEqualTo("yx#7.2");
              assertThat(last.get(ResultFields.TOKEN_IDS))
                  .asInstanceOf(InstanceOfAssertFactories.list(Integer.class))
                  .hasSize(7)
                  .endsWith(257);
              assertThat((List<?>) last.get(ResultFields.TOKEN_LOGPROBS)).hasSize(7);
              List<?> top = (List<?>) last.get(ResultFields.TOP_LOGPROBS);
              assertThat(top).hasSize(7);
              GenericRecord second = (GenericRecord) ((List<?>) top.get(0)).get(1);
              assertThat(second.get("token")).isEqualTo("b");
              assertThat(second.get("logprob")).isEqualTo(-1.5f);
              List<?> prompt = (List<?>) last.get(ResultFields.PROMPT_LOGPROBS);
              assertThat(prompt).hasSize(3);
              assertThat(((GenericRecord) prompt.get(0)).get("logprob")).isNull();
              assertThat(((GenericRecord) prompt.get(1)).get("logprob")).isEqualTo(-0.5f);
              return null;
            });
    pipeline.run().waitUntilFinish();
  }

  @Test
  void givenStopText_cutsText_unlessItIsToBeKept() {
    Settings<SamplingSetting> stop = NONE.with(SamplingSetting.STOP, "c");
    Pipeline pipeline = Pipelines.create(2);
    PCollection<GenericRecord> results =
        pipeline
            .apply(
                Create.of(
                    InferenceRequest.of("cut", "abcde").withSampling(stop),
                    InferenceRequest.of("kept", "abcde")
                        .withSampling(stop.with(SamplingSetting.INCLUDE_STOP_STR_IN_OUTPUT, true))))
            .apply(Generate.with(FakeEngine.named("stops"), FakeEngine.config()))
            .getResults();
    PAssert.that(results)
        .satisfies(
            rows -> {
              Map<String, GenericRecord> byId = byId(rows);
              assertThat(byId.get("cut").get(ResultFields.GENERATED_TEXT)).isEqualTo("ed");
              assertThat(byId.get("kept").get(ResultFields.GENERATED_TEXT)).isEqualTo("edc");
              return null;
            });
    pipeline.run().waitUntilFinish();
  }

  @Test
  void givenShuffledTimestampsAndWindows_rowsKeepTheirs_whateverFinishesFirst() {
    List<TimestampedValue<InferenceRequest>> requests = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      int second = (i * 37) % 200;
      InferenceRequest request = InferenceRequest.of("" + second, "p".repeat(1 + i % 40));
      requests.add(TimestampedValue.of(request, Instant.ofEpochSecond(second)));
    }
    Pipeline pipeline = Pipelines.create(3);
    PCollection<String> places =
        pipeline
            .apply(Create.timestamped(requests).withCoder(InferenceRequestCoder.of()))
            .apply(Window.into(FixedWindows.of(Duration.standardSeconds(10))))
            .apply(
                Generate.with(FakeEngine.named("windows"), FakeEngine.config()).withMaxInflight(32))
            .getResults()
            .apply(ParDo.of(new PlaceFn()));
    List<String> expected = new ArrayList<>();
    for (int second = 0; second < 200; second++) {
      expected.add(second + " at " + second + " in " + second / 10 * 10);
    }
    PAssert.that(places).containsInAnyOrder(expected);
    pipeline.run().waitUntilFinish();
  }

  @Test
  void givenEqualRequests_anyOrderAndBundles_giveEqualRows() {
    Map<String, String> first = texts("equal-1", 1, 64, 1);
    Map<String, String> second = texts("equal-2", 8, 3, 1);
    assertThat(first).hasSize(300).isEqualTo(second);
    assertThat(texts("equal-3", 8, 3, 2)).isNotEqualTo(first);
  }

  @Test
  void givenManyThreads_requestsShareTheEngine_upToItsSequences() {
    assertThat(texts("shared", 8, 8, 1)).hasSize(300);
    FakeEngine.Running engine = FakeEngine.running("shared");
    assertThat(engine.submitted).hasValue(300);
    assertThat(engine.leases).hasValue(0);
    assertThat(engine.mostRunning.get()).isBetween(2, 16);
  }

  @Test
  void givenEngineThatDies_pipelineFails_insteadOfHanging() {
    FakeEngine engine = new FakeEngine("dies", 4, 4096, 50);
    Pipeline pipeline = Pipelines.create(4);
    pipeline
        .apply(Create.of(requests(400)).withCoder(InferenceRequestCoder.of()))
        .apply(Generate.with(engine, FakeEngine.config()));
    assertThatThrownBy(() -> pipeline.run().waitUntilFinish())
        .hasRootCauseInstanceOf(EngineException.class);
  }

  @Test
  void givenProviderAndOptions_transformAndRequests_travel() {
    Generate generate =
        Generate.with(FakeEngine.named("travel"), FakeEngine.config()).withSeed(3).withJobName("j");
    assertThat(SerializableUtils.ensureSerializable(generate)).isNotNull();
    assertThatThrownBy(() -> generate.withMaxInflight(0)).hasMessageContaining("was 0");
  }

  private static List<InferenceRequest> requests(int count) {
    List<InferenceRequest> requests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      requests.add(InferenceRequest.of("r" + i, "prompt " + i + " " + "x".repeat(i % 50)));
    }
    return requests;
  }

  /** The texts of 300 requests by id, from a job with so many threads, window and seed. */
  private static Map<String, String> texts(String name, int threads, int inflight, long seed) {
    Map<String, String> collected = Collected.start(name);
    Pipeline pipeline = Pipelines.create(threads);
    pipeline
        .apply(Create.of(requests(300)).withCoder(InferenceRequestCoder.of()))
        .apply(
            Generate.with(FakeEngine.named(name), FakeEngine.config())
                .withSeed(seed)
                .withMaxInflight(inflight))
        .getResults()
        .apply(ParDo.of(new Collected(name)));
    pipeline.run().waitUntilFinish();
    return collected;
  }

  private static Map<String, GenericRecord> byId(Iterable<GenericRecord> rows) {
    return StreamSupport.stream(rows.spliterator(), false)
        .collect(Collectors.toMap(row -> text(row, ResultFields.CUSTOM_ID), row -> row));
  }

  private static String text(GenericRecord row, String field) {
    return String.valueOf(row.get(field));
  }

  private static long counter(PipelineResult run, String name) {
    MetricsFilter filter =
        MetricsFilter.builder().addNameFilter(MetricNameFilter.named("highbeam", name)).build();
    return run.metrics().queryMetrics(filter).getCounters().iterator().next().getAttempted();
  }

  private static final class PlaceFn extends DoFn<GenericRecord, String> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void place(
        @Element GenericRecord row,
        @Timestamp Instant timestamp,
        BoundedWindow window,
        OutputReceiver<String> output) {
      long start = ((IntervalWindow) window).start().getMillis() / 1000;
      output.output(
          row.get(ResultFields.CUSTOM_ID) + " at " + timestamp.getMillis() / 1000 + " in " + start);
    }
  }
}
