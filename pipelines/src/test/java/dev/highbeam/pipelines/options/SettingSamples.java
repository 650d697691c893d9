// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

import dev.highbeam.runtime.api.Setting;
import java.util.List;
import java.util.Map;

/** A text for every setting that is valid and, where there is one, falsy: 0, false, "none". */
public final class SettingSamples {

  private static final Map<String, String> SPECIAL =
      Map.ofEntries(
          Map.entry("input", "in.jsonl"),
          Map.entry("output", "out"),
          Map.entry("id_column", "0"),
          Map.entry("prompt_column", "0"),
          Map.entry("prompt_template", ""),
          Map.entry("generation_config", "none"),
          Map.entry("mode", "fresh"),
          Map.entry("progress", "none"),
          Map.entry("target_parallelism", "1"),
          Map.entry("journal_rows", "1"),
          Map.entry("deadline", "0s"),
          Map.entry("token_budget", "1"),
          Map.entry("flink_master", "localhost:8081"),
          Map.entry("parallelism", "1"),
          Map.entry("model", "m"),
          Map.entry("device", "cpu"),
          Map.entry("dtype", "float32"),
          Map.entry("kv_cache_dtype", "float32"),
          Map.entry("quantization", "none"),
          Map.entry("kv_cache_location", "device"),
          Map.entry("cuda_arch_list", "sm_80"),
          Map.entry("max_model_len", "2"),
          Map.entry("max_num_seqs", "1"),
          Map.entry("max_num_batched_tokens", "4096"),
          Map.entry("block_size", "1"),
          Map.entry("num_gpu_blocks_override", "1"),
          Map.entry("gpu_memory_utilization", "0.5"),
          Map.entry("n", "1"),
          Map.entry("top_p", "0.5"),
          Map.entry("max_tokens", "1"),
          Map.entry("repetition_penalty", "0.5"),
          Map.entry("async_scheduling", "false"),
          Map.entry("stop_token_ids", "[0]"),
          Map.entry("stop", "[\"0\"]"),
          Map.entry("repetition_detection", "{\"max_pattern_size\": 0}"),
          Map.entry("logit_bias", "{\"0\": 0}"));

  private SettingSamples() {}

  public static String text(Setting setting) {
    String special = SPECIAL.get(setting.settingName());
    if (special != null) {
      return special;
    }
    return setting.defaultValue() instanceof Boolean ? "false" : "0";
  }

  /** What the text means once parsed. */
  public static Object value(Setting setting) {
    return switch (setting.settingName()) {
      case "stop" -> List.of("0");
      case "stop_token_ids" -> List.of(0);
      case "logit_bias" -> Map.of(0, 0f);
      case "repetition_detection" -> Map.of();
      default -> setting.parse(text(setting));
    };
  }
}
