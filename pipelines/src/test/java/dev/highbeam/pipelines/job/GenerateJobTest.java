// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.highbeam.pipelines.options.JobSetting;
import dev.highbeam.pipelines.options.JobSettings;
import dev.highbeam.pipelines.options.UsageException;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.DegenerateCounts;
import dev.highbeam.runtime.engine.EngineInfo;
import dev.highbeam.runtime.engine.EngineStats;
import dev.highbeam.runtime.engine.ModelSummary;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GenerateJobTest {

  private static final EngineSnapshot ENGINE =
      new EngineSnapshot(
          new EngineInfo("tiny", "f00d", "cpu-1", "cpu", "bfloat16", 64, 8, 100, 16, 32, "plan"),
          new EngineStats(
              10,
              40,
              8,
              20,
              4,
              1,
              25,
              6,
              5,
              20,
              0,
              0,
              0,
              32,
              3_000_000_000L,
              2_500_000_000L,
              new DegenerateCounts(0, 1, 2, 0)));

  @TempDir Path folder;
  private Path output;
  private JobSettings settings;
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void setUp() throws IOException {
    Path input = folder.resolve("in.jsonl");
    Files.writeString(input, "{}\n");
    output = folder.resolve("out");
    settings =
        JobSettings.none()
            .with(EngineSetting.MODEL, "m")
            .with(JobSetting.INPUT, input.toString())
            .with(JobSetting.OUTPUT, output.toString())
            .with(JobSetting.PROGRESS, "none")
            .with(JobSetting.SEED, 0);
  }

  private GenerateJob job(JobStarter starter) {
    Preflight preflight =
        new Preflight(
            config ->
                new ModelSummary(
                    "tiny",
                    "Llama",
                    1,
                    8,
                    100,
                    64,
                    1,
                    1,
                    Settings.none(SamplingSetting.class).with(SamplingSetting.TOP_K, 20)));
    return new GenerateJob(
        new GenerateJob.Surroundings(
            "generate", preflight, starter, () -> ENGINE, new PrintWriter(err), false),
        settings);
  }

  private ExitCode run(FakeRun run) throws InterruptedException {
    return job(prepared -> out -> run).run();
  }

  private JsonNode record() throws IOException {
    return new ObjectMapper().readTree(output.resolve("job.json").toFile());
  }

  private static JobCounts counts(long total, long served, long errors) {
    return new JobCounts(total, served, served, 7 * served, 3 * served, Map.of("EMPTY", errors));
  }

  @Test
  void givenAllRowsDone_writesRecordThenSuccess() throws Exception {
    assertThat(run(new FakeRun(null, counts(20, 5, 0), counts(20, 19, 1))))
        .isEqualTo(ExitCode.DONE);
    assertThat(output.resolve("_SUCCESS")).exists();
    assertThat(Files.getLastModifiedTime(output.resolve("_SUCCESS")))
        .isGreaterThanOrEqualTo(Files.getLastModifiedTime(output.resolve("job.json")));
    JsonNode record = record();
    assertThat(record.at("/schema_version").asInt()).isEqualTo(1);
    assertThat(record.at("/command").asText()).isEqualTo("generate");
    assertThat(record.at("/outcome").asText()).isEqualTo("done");
    assertThat(record.at("/exit_code").asInt()).isZero();
    assertThat(record.at("/message").isNull()).isTrue();
    assertThat(record.at("/rows").toString())
        .isEqualTo(
            "{\"input\":20,\"served\":19,\"results\":19,\"errors\":1,\"errors_by_code\":{\"EMPTY\":1},"
                + "\"recovered\":0,\"deduplicated\":0,\"reused\":0,\"open_by_code\":{}}");
    assertThat(record.at("/tokens/input").asInt()).isEqualTo(7 * 19);
    assertThat(record.at("/tokens/output").asInt()).isEqualTo(3 * 19);
    assertThat(record.at("/tokens/prompt_from_prefix_cache").asInt()).isEqualTo(8);
    assertThat(record.at("/engine/model_fingerprint").asText()).isEqualTo("f00d");
    assertThat(record.at("/engine/numerics_id").asText()).isEqualTo("cpu-1");
    // 20 sequences in 5 steps while input lasted; 25 in 10 over all.
    assertThat(record.at("/degenerate").toString())
        .isEqualTo("{\"non_finite\":0,\"uniform\":1,\"repeating\":2,\"self_tests\":0}");
    assertThat(record.at("/steps").toString())
        .isEqualTo(
            "{\"count\":10,\"shared\":6,\"mean_running_while_input_lasted\":4.0,"
                + "\"mean_running\":2.5,\"preemptions\":1,\"seconds\":3.0,\"device_seconds\":2.5}");
    assertThat(record.at("/config/seed").asInt()).isZero();
    assertThat(record.at("/config/max_num_seqs").asInt()).isEqualTo(256);
    assertThat(record.at("/config").has("max_tokens")).isFalse();
    assertThat(record.at("/versions/java").asText()).isEqualTo(Runtime.version().toString());
    assertThat(record.at("/memory/peak_heap_bytes").asLong()).isPositive();
    assertThat(err.toString())
        .contains("set: input=", "done: 19 results and 1 errors from 20 rows")
        .contains("note: 2 outputs repeat themselves");
  }

  @Test
  void givenTooManyErrorsAtTheEnd_exitsThreeWithoutSuccess() throws Exception {
    assertThat(run(new FakeRun(null, counts(10, 8, 2)))).isEqualTo(ExitCode.STOPPED);
    assertThat(output.resolve("_SUCCESS")).doesNotExist();
    assertThat(record().at("/outcome").asText()).isEqualTo("too_many_errors");
    assertThat(record().at("/message").asText()).startsWith("2 of 10 rows failed (EMPTY 2)");
  }

  @Test
  void givenTooManyErrorsAfterThousandRows_stopsTheRun() throws Exception {
    FakeRun run =
        new FakeRun(null, counts(5000, 0, 999), counts(5000, 0, 1000), counts(5000, 4000, 1000));
    assertThat(run(run)).isEqualTo(ExitCode.STOPPED);
    assertThat(run.isCancelled).isTrue();
    assertThat(record().at("/rows/errors").asInt()).isEqualTo(1000);
  }

  @Test
  void givenLostRow_failsRatherThanLooksComplete() throws Exception {
    assertThat(run(new FakeRun(null, counts(20, 19, 0)))).isEqualTo(ExitCode.FAILED);
    assertThat(record().at("/message").asText()).isEqualTo("19 rows ended, but the input has 20");
    assertThat(output.resolve("_SUCCESS")).doesNotExist();
  }

  @Test
  void givenEngineThatCannotStart_exitsTwoWithItsSentence() throws Exception {
    Throwable thrown = new RuntimeException(EngineException.configuration("no room for the cache"));
    assertThat(run(new FakeRun(thrown, counts(20, 0, 0)))).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("highbeam: no room for the cache");
    assertThat(err.toString()).doesNotContain("Exception");
  }

  @Test
  void givenDeviceLost_exitsSeventy() throws Exception {
    Throwable thrown = new RuntimeException(EngineException.fatal("illegal address", null));
    assertThat(run(new FakeRun(thrown, counts(20, 0, 0)))).isEqualTo(ExitCode.FATAL_DEVICE);
    assertThat(record().at("/exit_code").asInt()).isEqualTo(70);
  }

  @Test
  void givenCancel_stopsTheRunAndRecordsIt() throws Exception {
    FakeRun run = new FakeRun(null, counts(20, 1, 0), counts(20, 2, 0), counts(20, 3, 0));
    AtomicReference<GenerateJob> self = new AtomicReference<>();
    GenerateJob job =
        job(
            prepared ->
                out -> {
                  self.get().cancel();
                  return run;
                });
    self.set(job);
    job.run();
    assertThat(run.isCancelled).isTrue();
    assertThat(record().at("/outcome").asText()).isEqualTo("cancelled");
    assertThat(job.awaitEnd(java.time.Duration.ZERO)).isTrue();
  }

  @Test
  void givenStopWhileItStarts_isCancelledNotFailed() throws Exception {
    AtomicReference<GenerateJob> self = new AtomicReference<>();
    self.set(
        job(
            prepared ->
                out -> {
                  self.get().cancel();
                  throw new IllegalStateException("torn down");
                }));
    self.get().run();
    assertThat(record().at("/outcome").asText()).isEqualTo("cancelled");
  }

  @Test
  void givenEarlierOutput_failRefuses_freshReplaces_mistakeKeepsIt() throws Exception {
    settings = settings.with(JobSetting.MODE, "fail");
    assertThat(run(new FakeRun(null, counts(1, 1, 0)))).isEqualTo(ExitCode.DONE);
    assertThatThrownBy(() -> run(new FakeRun(null, counts(1, 1, 0))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--mode=fresh");
    settings = settings.with(JobSetting.MODE, "fresh");
    JobStarter mistaken =
        prepared -> {
          throw new UsageException("no such column");
        };
    assertThatThrownBy(() -> job(mistaken).run()).hasMessage("no such column");
    assertThat(output.resolve("_SUCCESS")).exists();
    assertThat(run(new FakeRun(null, counts(2, 2, 0)))).isEqualTo(ExitCode.DONE);
    assertThat(record().at("/rows/served").asInt()).isEqualTo(2);
  }

  @Test
  void givenModelsGenerationConfig_isUsedOnlyWhereAsked() throws Exception {
    run(new FakeRun(null, counts(1, 1, 0)));
    assertThat(record().at("/config/top_k").asInt()).isZero();
    settings = settings.with(JobSetting.GENERATION_CONFIG, "model").with(JobSetting.MODE, "fresh");
    run(new FakeRun(null, counts(1, 1, 0)));
    assertThat(record().at("/config/top_k").asInt()).isEqualTo(20);
  }
}
