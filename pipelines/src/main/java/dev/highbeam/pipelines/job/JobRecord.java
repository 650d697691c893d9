// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.highbeam.pipelines.options.EffectiveConfig;
import dev.highbeam.runtime.engine.DegenerateCounts;
import dev.highbeam.runtime.engine.EngineInfo;
import dev.highbeam.runtime.engine.EngineStats;
import dev.highbeam.schemas.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The content of {@code job.json}: what ran, with which settings and versions, and what came out.
 * Readers key on {@code schema_version}; a name once written keeps its meaning.
 *
 * @param command the command that ran
 * @param outcome how it ended
 * @param message the sentence that the user saw when it did not end well, else null
 * @param started when the job began
 * @param duration how long it took
 * @param config every setting's effective value by snake_case name
 * @param counts the rows
 * @param engine what the engine was and did, or null if none started
 * @param memory of this process
 */
record JobRecord(
    String command,
    JobOutcome outcome,
    @Nullable String message,
    Instant started,
    Duration duration,
    Map<String, Object> config,
    JobCounts counts,
    @Nullable EngineSnapshot engine,
    MemoryUse memory) {

  static final int SCHEMA_VERSION = 1;

  /** The record as pretty-printed JSON. */
  String toJson() {
    try {
      return JsonMapper.builder()
              .enable(SerializationFeature.INDENT_OUTPUT)
              .build()
              .writeValueAsString(toMap())
          + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the job's record holds only plain values", e);
    }
  }

  private Map<String, @Nullable Object> toMap() {
    Map<String, @Nullable Object> root = new LinkedHashMap<>();
    root.put("schema_version", SCHEMA_VERSION);
    root.put("command", command);
    root.put("outcome", outcome.word());
    root.put("exit_code", outcome.exitCode().number());
    root.put("message", message);
    root.put("started", started.toString());
    root.put("finished", started.plus(duration).toString());
    root.put("seconds", seconds(duration.toNanos()));
    root.put("rows", rows());
    root.put("tokens", tokens());
    root.put("engine", engine == null ? null : engine(engine.info()));
    root.put("steps", engine == null ? null : steps(engine.stats()));
    root.put("degenerate", engine == null ? null : degenerate(engine.stats().degenerate()));
    root.put("memory", memoryMap());
    root.put("config", config);
    root.put("config_sha256", EffectiveConfig.of(config).sha256());
    root.put("versions", ProgramVersion.all());
    return root;
  }

  private Map<String, @Nullable Object> rows() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("input", counts.isTotalKnown() ? counts.totalRows() : null);
    map.put("served", counts.servedRows());
    map.put("results", counts.results());
    map.put("errors", counts.errors());
    map.put("errors_by_code", counts.errorsByCode());
    map.put("recovered", counts.recoveredRows());
    map.put("deduplicated", counts.spared().duplicates());
    map.put("reused", counts.spared().reused());
    map.put("open_by_code", openByCode());
    return map;
  }

  /** Rows of a job that was stopped are open, and stand in no errors: the next run does them. */
  private Map<String, Long> openByCode() {
    ErrorCode code = outcome.openRows();
    long open = counts.isTotalKnown() ? counts.totalRows() - counts.rowsDone() : 0;
    return code == null || open == 0 ? Map.of() : Map.of(code.name(), open);
  }

  private Map<String, Object> tokens() {
    Map<String, Object> map = new LinkedHashMap<>();
    double seconds = Math.max(1e-9, duration.toNanos() / 1e9);
    map.put("input", counts.inputTokens());
    map.put("output", counts.outputTokens());
    map.put("output_computed", counts.computedTokens());
    map.put("input_spared", counts.spared().inputTokens());
    map.put("output_spared", counts.spared().outputTokens());
    map.put("output_per_second", rounded(counts.computedTokens() / seconds));
    if (engine != null) {
      map.put("prompt_computed", engine.stats().promptTokens());
      map.put("prompt_from_prefix_cache", engine.stats().cachedTokens());
    }
    return map;
  }

  private static Map<String, Object> engine(EngineInfo info) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("model", info.model());
    map.put("model_fingerprint", info.modelFingerprint());
    map.put("numerics_id", info.numericsId());
    map.put("device", info.device());
    map.put("dtype", info.dtype());
    map.put("max_model_len", info.maxModelLength());
    map.put("max_num_seqs", info.maxSequences());
    map.put("block_size", info.pageSize());
    map.put("num_blocks", info.pageCount());
    map.put("memory_plan", info.memoryPlan());
    return map;
  }

  private static Map<String, Object> steps(EngineStats stats) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("count", stats.steps());
    map.put("shared", stats.sharedSteps());
    map.put("mean_running_while_input_lasted", rounded(stats.meanRunningWhileInputLasted()));
    map.put("mean_running", rounded(stats.meanRunning()));
    map.put("preemptions", stats.preemptions());
    map.put("seconds", seconds(stats.stepNanos()));
    map.put("device_seconds", seconds(stats.deviceNanos()));
    return map;
  }

  /** Requests, not rows: a request with several samples counts once. */
  private static Map<String, Object> degenerate(DegenerateCounts counts) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("non_finite", counts.nonFinite());
    map.put("uniform", counts.uniform());
    map.put("repeating", counts.repeating());
    map.put("self_tests", counts.selfTests());
    return map;
  }

  private Map<String, @Nullable Object> memoryMap() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("peak_rss_bytes", memory.peakRssBytes() < 0 ? null : memory.peakRssBytes());
    map.put("peak_heap_bytes", memory.peakHeapBytes());
    map.put("max_heap_bytes", memory.maxHeapBytes());
    return map;
  }

  private static double seconds(long nanos) {
    return rounded(nanos / 1e9);
  }

  private static double rounded(double value) {
    return Math.round(value * 1000) / 1000.0;
  }
}
