// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Everything a user may say about an engine, with vLLM's names where vLLM has one. */
public enum EngineSetting implements Setting {
  MODEL("model", null, "Folder of the model in Hugging Face form.", SettingParser::text),
  DEVICE(
      "device",
      "auto",
      "Where the model runs: auto (a usable GPU, else the CPU), cuda (every usable GPU), cuda:N"
          + " (one of them), cpu, or reference (slow and obvious, for checks).",
      SettingParser::device),
  DTYPE(
      "dtype",
      "auto",
      "Type of weights and activations: auto (bfloat16; float16 on a GPU older than 8.0),"
          + " bfloat16, float16 or float32.",
      (k, v) -> SettingParser.word(k, v, "auto", "bfloat16", "float16", "float32")),
  KV_CACHE_DTYPE(
      "kv_cache_dtype",
      "auto",
      "Type of the KV cache: auto (as dtype), bfloat16, float16, float32, or fp8 (e4m3).",
      (k, v) -> SettingParser.word(k, v, "auto", "bfloat16", "float16", "float32", "fp8")),
  QUANTIZATION(
      "quantization",
      "none",
      "Rounds the weights of linear layers when they are loaded, and their inputs: none, or int8 (a"
          + " scale per output channel and per token; on a CPU with AMX).",
      (k, v) -> SettingParser.word(k, v, "none", "int8")),
  MAX_MODEL_LEN(
      "max_model_len",
      null,
      "Most tokens of prompt and output together, at least 2; unset takes the model's.",
      (k, v) -> SettingParser.integer(k, v, 2, 1 << 24)),
  MAX_NUM_SEQS(
      "max_num_seqs",
      256,
      "Most sequences in one step, 1 to 4096.",
      (k, v) -> SettingParser.integer(k, v, 1, 4096)),
  MAX_NUM_BATCHED_TOKENS(
      "max_num_batched_tokens",
      2048,
      "Most tokens in one step, at least max_num_seqs.",
      (k, v) -> SettingParser.integer(k, v, 1, 1 << 20)),
  LONG_PREFILL_TOKEN_THRESHOLD(
      "long_prefill_token_threshold",
      0,
      "Most tokens of one sequence in one step; 0 leaves only max_num_batched_tokens.",
      (k, v) -> SettingParser.integer(k, v, 0, 1 << 20)),
  BLOCK_SIZE(
      "block_size",
      16,
      "Tokens per page of the KV cache: a power of two from 1 to 256.",
      (k, v) -> {
        int size = (Integer) SettingParser.integer(k, v, 1, 256);
        if (Integer.bitCount(size) != 1) {
          throw new InvalidSettingException(k, v, "a power of two from 1 to 256");
        }
        return size;
      }),
  NUM_GPU_BLOCKS_OVERRIDE(
      "num_gpu_blocks_override",
      null,
      "Pages of the KV cache; unset fills the memory that is left.",
      (k, v) -> SettingParser.integer(k, v, 1, 1 << 28)),
  KV_CACHE_MEMORY_BYTES(
      "kv_cache_memory_bytes",
      null,
      "Bytes for the KV cache, 0 or more; overrides gpu_memory_utilization.",
      SettingParser::nonNegativeLong),
  GPU_MEMORY_UTILIZATION(
      "gpu_memory_utilization",
      0.92f,
      "Share of the device's memory (on a CPU: of the memory or Java heap that is left) for the"
          + " engine, above 0 to 1.",
      (k, v) -> SettingParser.number(k, v, 0, true, 1)),
  GPU_LAYERS(
      "gpu_layers",
      null,
      "Layers whose weights stay in the GPU's memory, from 0; the others are streamed from pinned"
          + " host memory in every step. Unset keeps as many as fit.",
      (k, v) -> SettingParser.integer(k, v, 0, 1 << 16)),
  KV_CACHE_LOCATION(
      "kv_cache_location",
      "device",
      "Where a GPU's KV cache lies: device, host (pinned memory that the GPU reads in place), or"
          + " layer (with the weights of its layer).",
      (k, v) -> SettingParser.word(k, v, "device", "host", "layer")),
  SHARE_GPU(
      "share_gpu",
      false,
      "Takes a GPU that another process of the same user uses already; divide its memory with"
          + " gpu_memory_utilization.",
      SettingParser::bool),
  GPU_WAIT_TIMEOUT(
      "gpu_wait_timeout",
      60f,
      "Most seconds to wait for a GPU that another engine uses, of this process or another of the"
          + " same user; 0 does not wait.",
      SettingParser::seconds),
  ENFORCE_EAGER(
      "enforce_eager",
      false,
      "Launches a GPU's kernels one by one instead of replaying graphs.",
      SettingParser::bool),
  CUDA_SYNC(
      "cuda_sync",
      false,
      "Waits after every kernel, so that a fault of the GPU names its op exactly; slow.",
      SettingParser::bool),
  ENABLE_PREFIX_CACHING(
      "enable_prefix_caching",
      true,
      "Reuses keys and values of equal prompt beginnings.",
      SettingParser::bool),
  ASYNC_SCHEDULING(
      "async_scheduling",
      null,
      "Plans a step while the one before runs; unset leaves it to the device.",
      SettingParser::bool),
  CPU_THREADS(
      "cpu_threads",
      0,
      "Threads of the CPU backend; 0 takes the cores this process may use.",
      (k, v) -> SettingParser.integer(k, v, 0, 1024)),
  CUDA_ARCH_LIST(
      "cuda_arch_list",
      null,
      "Kernel images that may be used, such as 8.0;9.0a;8.0+PTX; unset allows all of the build.",
      (k, v) -> CudaArchList.parse(k, v).toString()),
  JIT(
      "jit",
      true,
      "Lets the CUDA driver compile kernels where the build has no machine code for the device.",
      SettingParser::bool),
  KERNEL_CACHE_DIR(
      "kernel_cache_dir",
      null,
      "Folder for kernels that the driver compiled; none keeps them in memory only. Unset takes"
          + " HIGHBEAM_KERNEL_CACHE_DIR, else highbeam/kernels in $XDG_CACHE_HOME or ~/.cache.",
      (k, v) -> {
        if (v instanceof String text && !text.isBlank()) {
          return text;
        }
        throw new InvalidSettingException(k, v, "a folder or none");
      }),
  STARTUP_TIMEOUT_SECONDS(
      "startup_timeout_seconds",
      1800f,
      "Most seconds that an engine may take to start; 0 for no limit. After it the device counts as"
          + " lost.",
      SettingParser::seconds),
  STEP_TIMEOUT_SECONDS(
      "step_timeout_seconds",
      300f,
      "Most seconds in which a running step may show no sign of life (an op or a step that ends); 0"
          + " for no limit. After it the device counts as lost.",
      SettingParser::seconds),
  ISOLATE_ENGINE(
      "isolate_engine",
      false,
      "Runs the engine in a process of its own: a request that ends that process fails alone. Jobs"
          + " do so by themselves where processes ended twice at the same rows.",
      SettingParser::bool),
  ALLOW_MIXED_NUMERICS(
      "allow_mixed_numerics",
      false,
      "Lets devices serve one job whose results differ in their last bits; equal rows may then"
          + " differ.",
      SettingParser::bool);

  @SuppressWarnings("ImmutableEnumChecker") // Defaults never change and parsers have no state.
  private final SettingDefinition definition;

  EngineSetting(
      String name,
      @Nullable Object defaultValue,
      String description,
      BiFunction<String, Object, Object> parser) {
    definition = new SettingDefinition(name, defaultValue, description, parser);
  }

  @Override
  public SettingDefinition definition() {
    return definition;
  }
}
