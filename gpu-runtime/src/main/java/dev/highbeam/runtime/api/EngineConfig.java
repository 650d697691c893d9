// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import java.io.Serializable;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The resolved configuration of one engine: a typed, validated view of {@link Settings}. Two equal
 * configurations share one engine per process. Immutable and small, so that it may travel in a
 * pipeline.
 */
public final class EngineConfig implements Serializable {

  private static final long serialVersionUID = 1L;

  private final Settings<EngineSetting> settings;

  private EngineConfig(Settings<EngineSetting> settings) {
    this.settings = settings;
  }

  /**
   * Resolves settings against the defaults.
   *
   * @throws InvalidSettingException if the model is missing or two settings contradict each other
   */
  public static EngineConfig of(Settings<EngineSetting> settings) {
    if (!settings.isSet(EngineSetting.MODEL)) {
      throw new InvalidSettingException("model", "unset", "the folder of a model");
    }
    EngineConfig config = new EngineConfig(settings);
    if (config.maxStepTokens() < config.maxSequences()) {
      throw new InvalidSettingException(
          "max_num_batched_tokens",
          config.maxStepTokens(),
          "at least max_num_seqs (" + config.maxSequences() + ")");
    }
    return config;
  }

  /** Folder of the model. */
  public String model() {
    return text(EngineSetting.MODEL);
  }

  public String device() {
    return text(EngineSetting.DEVICE);
  }

  public String dtype() {
    return text(EngineSetting.DTYPE);
  }

  public String kvCacheDtype() {
    return text(EngineSetting.KV_CACHE_DTYPE);
  }

  /** Whether linear layers compute in int8. */
  public boolean isInt8() {
    return text(EngineSetting.QUANTIZATION).equals("int8");
  }

  public OptionalInt maxModelLength() {
    return optional(EngineSetting.MAX_MODEL_LEN);
  }

  /** Most sequences in one step. */
  public int maxSequences() {
    return integer(EngineSetting.MAX_NUM_SEQS);
  }

  /** Most tokens in one step. */
  public int maxStepTokens() {
    return integer(EngineSetting.MAX_NUM_BATCHED_TOKENS);
  }

  /** Most tokens of one sequence in one step. */
  public int maxChunkTokens() {
    int threshold = integer(EngineSetting.LONG_PREFILL_TOKEN_THRESHOLD);
    return threshold == 0 ? maxStepTokens() : Math.min(threshold, maxStepTokens());
  }

  /** Tokens per page. */
  public int pageSize() {
    return integer(EngineSetting.BLOCK_SIZE);
  }

  public OptionalInt pageCount() {
    return optional(EngineSetting.NUM_GPU_BLOCKS_OVERRIDE);
  }

  public OptionalLong kvCacheBytes() {
    Object value = settings.get(EngineSetting.KV_CACHE_MEMORY_BYTES);
    return value == null ? OptionalLong.empty() : OptionalLong.of((Long) value);
  }

  public float memoryFraction() {
    return (Float) settings.require(EngineSetting.GPU_MEMORY_UTILIZATION);
  }

  /** Layers whose weights stay on the device; empty for as many as fit. */
  public OptionalInt gpuLayers() {
    return optional(EngineSetting.GPU_LAYERS);
  }

  public String kvCacheLocation() {
    return text(EngineSetting.KV_CACHE_LOCATION);
  }

  /** Whether a GPU that another process uses will do. */
  public boolean shareGpu() {
    return (Boolean) settings.require(EngineSetting.SHARE_GPU);
  }

  /** Most time to wait for a GPU that another engine uses. */
  public Duration gpuWaitTimeout() {
    return seconds(EngineSetting.GPU_WAIT_TIMEOUT);
  }

  /** Whether graphs are switched off. */
  public boolean enforceEager() {
    return (Boolean) settings.require(EngineSetting.ENFORCE_EAGER);
  }

  /** Whether to wait after every kernel. */
  public boolean cudaSync() {
    return (Boolean) settings.require(EngineSetting.CUDA_SYNC);
  }

  public boolean prefixCaching() {
    return (Boolean) settings.require(EngineSetting.ENABLE_PREFIX_CACHING);
  }

  public Optional<Boolean> asyncScheduling() {
    return Optional.ofNullable((Boolean) settings.get(EngineSetting.ASYNC_SCHEDULING));
  }

  public int cpuThreads() {
    return integer(EngineSetting.CPU_THREADS);
  }

  /** The kernel images that may be used; empty allows all. */
  public Optional<CudaArchList> cudaArchList() {
    Object value = settings.get(EngineSetting.CUDA_ARCH_LIST);
    return value == null
        ? Optional.empty()
        : Optional.of(CudaArchList.parse(EngineSetting.CUDA_ARCH_LIST.settingName(), value));
  }

  /** Whether the driver may compile kernels. */
  public boolean jit() {
    return (Boolean) settings.require(EngineSetting.JIT);
  }

  /** Folder of compiled kernels as the user gave it, or {@code none}. */
  public Optional<String> kernelCacheDir() {
    return Optional.ofNullable((String) settings.get(EngineSetting.KERNEL_CACHE_DIR));
  }

  /** Most time that a start may take; zero for no limit. */
  public Duration startupTimeout() {
    return seconds(EngineSetting.STARTUP_TIMEOUT_SECONDS);
  }

  /** Most time in which a running step may show no sign of life; zero for no limit. */
  public Duration stepTimeout() {
    return seconds(EngineSetting.STEP_TIMEOUT_SECONDS);
  }

  /** Whether the engine runs in a process of its own. */
  public boolean isIsolated() {
    return (Boolean) settings.require(EngineSetting.ISOLATE_ENGINE);
  }

  /** This configuration with its engine in a process of its own, or in the caller's. */
  public EngineConfig isolated(boolean isIsolated) {
    return new EngineConfig(settings.with(EngineSetting.ISOLATE_ENGINE, isIsolated));
  }

  /** Whether devices with different numerics ids may serve one job. */
  public boolean allowMixedNumerics() {
    return (Boolean) settings.require(EngineSetting.ALLOW_MIXED_NUMERICS);
  }

  /** This configuration on one of the devices that its own word stands for. */
  public EngineConfig onDevice(String device) {
    return new EngineConfig(settings.with(EngineSetting.DEVICE, device));
  }

  public Settings<EngineSetting> settings() {
    return settings;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof EngineConfig that && settings.equals(that.settings);
  }

  @Override
  public int hashCode() {
    return settings.hashCode();
  }

  @Override
  public String toString() {
    return settings.toString();
  }

  private String text(EngineSetting setting) {
    return (String) settings.require(setting);
  }

  private int integer(EngineSetting setting) {
    return (Integer) settings.require(setting);
  }

  private Duration seconds(EngineSetting setting) {
    return Duration.ofNanos(Math.round((Float) settings.require(setting) * 1e9));
  }

  private OptionalInt optional(EngineSetting setting) {
    Object value = settings.get(setting);
    return value == null ? OptionalInt.empty() : OptionalInt.of((Integer) value);
  }
}
