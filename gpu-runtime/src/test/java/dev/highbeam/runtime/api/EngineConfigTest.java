// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EngineConfigTest {

  private static final Settings<EngineSetting> MODEL =
      Settings.none(EngineSetting.class).with(EngineSetting.MODEL, "/models/tiny");

  @Test
  void givenOnlyAModel_of_isTheDefaults() {
    EngineConfig config = EngineConfig.of(MODEL);

    assertThat(config.model()).isEqualTo("/models/tiny");
    assertThat(config.device()).isEqualTo("auto");
    assertThat(config.dtype()).isEqualTo("auto");
    assertThat(config.kvCacheDtype()).isEqualTo("auto");
    assertThat(config.maxModelLength()).isEmpty();
    assertThat(config.maxSequences()).isEqualTo(256);
    assertThat(config.maxStepTokens()).isEqualTo(2048);
    assertThat(config.maxChunkTokens()).isEqualTo(2048);
    assertThat(config.pageSize()).isEqualTo(16);
    assertThat(config.pageCount()).isEmpty();
    assertThat(config.kvCacheBytes()).isEmpty();
    assertThat(config.memoryFraction()).isEqualTo(0.92f);
    assertThat(config.prefixCaching()).isTrue();
    assertThat(config.asyncScheduling()).isEmpty();
    assertThat(config.gpuLayers()).isEmpty();
    assertThat(config.kvCacheLocation()).isEqualTo("device");
    assertThat(config.cpuThreads()).isZero();
    assertThat(config.startupTimeout()).isEqualTo(Duration.ofMinutes(30));
    assertThat(config.stepTimeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.allowMixedNumerics()).isFalse();
  }

  @Test
  void givenFalsyValues_of_keepsThem() {
    EngineConfig config =
        EngineConfig.of(
            MODEL
                .with(EngineSetting.ENABLE_PREFIX_CACHING, false)
                .with(EngineSetting.ASYNC_SCHEDULING, false)
                .with(EngineSetting.KV_CACHE_MEMORY_BYTES, 0)
                .with(EngineSetting.CPU_THREADS, 0)
                .with(EngineSetting.LONG_PREFILL_TOKEN_THRESHOLD, 0)
                .with(EngineSetting.STARTUP_TIMEOUT_SECONDS, 0)
                .with(EngineSetting.STEP_TIMEOUT_SECONDS, "0")
                .with(EngineSetting.MODEL, ""));

    assertThat(config.prefixCaching()).isFalse();
    assertThat(config.asyncScheduling()).hasValue(false);
    assertThat(config.kvCacheBytes()).hasValue(0);
    assertThat(config.cpuThreads()).isZero();
    assertThat(config.maxChunkTokens()).isEqualTo(config.maxStepTokens());
    assertThat(config.startupTimeout()).isZero();
    assertThat(config.stepTimeout()).isZero();
    assertThat(config.model()).isEmpty();
  }

  @Test
  void givenEverySetting_of_readsItsOwn() {
    EngineConfig config =
        EngineConfig.of(
            MODEL
                .with(EngineSetting.DEVICE, "cpu")
                .with(EngineSetting.DTYPE, "float32")
                .with(EngineSetting.KV_CACHE_DTYPE, "bfloat16")
                .with(EngineSetting.MAX_MODEL_LEN, 100)
                .with(EngineSetting.MAX_NUM_SEQS, 4)
                .with(EngineSetting.MAX_NUM_BATCHED_TOKENS, "64")
                .with(EngineSetting.LONG_PREFILL_TOKEN_THRESHOLD, 32)
                .with(EngineSetting.BLOCK_SIZE, 8)
                .with(EngineSetting.NUM_GPU_BLOCKS_OVERRIDE, 77)
                .with(EngineSetting.KV_CACHE_MEMORY_BYTES, 1L << 40)
                .with(EngineSetting.GPU_MEMORY_UTILIZATION, 0.5)
                .with(EngineSetting.GPU_LAYERS, 0)
                .with(EngineSetting.KV_CACHE_LOCATION, "host")
                .with(EngineSetting.STARTUP_TIMEOUT_SECONDS, 7)
                .with(EngineSetting.STEP_TIMEOUT_SECONDS, 0.5)
                .with(EngineSetting.ALLOW_MIXED_NUMERICS, true)
                .with(EngineSetting.CPU_THREADS, 3));

    assertThat(config.device()).isEqualTo("cpu");
    assertThat(config.dtype()).isEqualTo("float32");
    assertThat(config.kvCacheDtype()).isEqualTo("bfloat16");
    assertThat(config.maxModelLength()).hasValue(100);
    assertThat(config.maxSequences()).isEqualTo(4);
    assertThat(config.maxStepTokens()).isEqualTo(64);
    assertThat(config.maxChunkTokens()).isEqualTo(32);
    assertThat(config.pageSize()).isEqualTo(8);
    assertThat(config.pageCount()).hasValue(77);
    assertThat(config.kvCacheBytes()).hasValue(1L << 40);
    assertThat(config.memoryFraction()).isEqualTo(0.5f);
    assertThat(config.gpuLayers()).hasValue(0);
    assertThat(config.kvCacheLocation()).isEqualTo("host");
    assertThat(config.cpuThreads()).isEqualTo(3);
    assertThat(config.startupTimeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(config.stepTimeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(config.allowMixedNumerics()).isTrue();
    EngineConfig elsewhere = config.onDevice("cuda:1");
    assertThat(elsewhere.device()).isEqualTo("cuda:1");
    assertThat(elsewhere.onDevice("cpu")).isEqualTo(config);
  }

  @Test
  void givenContradictions_of_refuses() {
    assertThatThrownBy(() -> EngineConfig.of(Settings.none(EngineSetting.class)))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageContaining("model must be the folder of a model");
    Settings<EngineSetting> tooFew =
        MODEL.with(EngineSetting.MAX_NUM_SEQS, 8).with(EngineSetting.MAX_NUM_BATCHED_TOKENS, 7);
    assertThatThrownBy(() -> EngineConfig.of(tooFew))
        .hasMessage("max_num_batched_tokens must be at least max_num_seqs (8), was 7");
    assertThat(
            EngineConfig.of(tooFew.with(EngineSetting.MAX_NUM_BATCHED_TOKENS, 8)).maxStepTokens())
        .isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource({
    "DEVICE, gpu",
    "DEVICE, cuda:",
    "DEVICE, cuda:-1",
    "DEVICE, cuda:01",
    "KV_CACHE_LOCATION, disk",
    "GPU_LAYERS, -1",
    "DTYPE, int8",
    "MAX_MODEL_LEN, 1",
    "MAX_MODEL_LEN, 16777217",
    "MAX_NUM_SEQS, 0",
    "MAX_NUM_SEQS, 4097",
    "BLOCK_SIZE, 12",
    "BLOCK_SIZE, 0",
    "BLOCK_SIZE, 512",
    "GPU_MEMORY_UTILIZATION, 0",
    "GPU_MEMORY_UTILIZATION, 1.1",
    "CPU_THREADS, -1",
    "CUDA_ARCH_LIST, banana",
    "JIT, off",
    "KERNEL_CACHE_DIR, ' '",
    "STEP_TIMEOUT_SECONDS, -1",
    "STEP_TIMEOUT_SECONDS, NaN",
    "STARTUP_TIMEOUT_SECONDS, 3000000",
    "ENABLE_PREFIX_CACHING, maybe"
  })
  void givenValueOutsideItsRange_with_namesIt(EngineSetting setting, String value) {
    assertThatThrownBy(() -> MODEL.with(setting, value))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessageStartingWith(setting.settingName() + " must be ");
  }

  @Test
  void givenEqualSettings_equals_sharesOneEngine() {
    EngineConfig one = EngineConfig.of(MODEL.with(EngineSetting.CPU_THREADS, 2));
    EngineConfig two = EngineConfig.of(MODEL.with(EngineSetting.CPU_THREADS, "2"));

    assertThat(one).isEqualTo(two).hasSameHashCodeAs(two);
    assertThat(one).isNotEqualTo(EngineConfig.of(MODEL));
    assertThat(one.toString()).isEqualTo("model=/models/tiny, cpu_threads=2");
  }

  @Test
  void givenKernelSettings_of_readsThem() {
    assertThat(EngineConfig.of(MODEL).cudaArchList()).isEmpty();
    assertThat(EngineConfig.of(MODEL).kernelCacheDir()).isEmpty();
    assertThat(EngineConfig.of(MODEL).jit()).isTrue();

    EngineConfig config =
        EngineConfig.of(
            MODEL
                .with(EngineSetting.CUDA_ARCH_LIST, "9.0a;8.0")
                .with(EngineSetting.KERNEL_CACHE_DIR, "none")
                .with(EngineSetting.JIT, "0"));

    assertThat(config.cudaArchList()).contains(CudaArchList.parse("list", "8.0;9.0a"));
    assertThat(config.kernelCacheDir()).contains("none");
    assertThat(config.jit()).isFalse();
  }

  @Test
  void S1_6_givenAListInAnotherOrder_equals_sharesOneEngine() {
    assertThat(EngineConfig.of(MODEL.with(EngineSetting.CUDA_ARCH_LIST, "9.0a;8.0")))
        .isEqualTo(EngineConfig.of(MODEL.with(EngineSetting.CUDA_ARCH_LIST, "8.0, 9.0a")));
  }

  @Test
  void givenNegativeBytesForTheCache_with_isRefused() {
    assertThatThrownBy(() -> MODEL.with(EngineSetting.KV_CACHE_MEMORY_BYTES, -5))
        .isInstanceOf(InvalidSettingException.class)
        .hasMessage(
            "kv_cache_memory_bytes must be a whole number from 0 on, of at most 64 bits, was -5");
  }
}
