// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Backends;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The self-test on emulated devices, over the whole path of the CUDA backend. */
final class CudaSelfTestTest {

  private static final List<DType> KV_TYPES =
      List.of(DType.F32, DType.BF16, DType.F16, DType.FP8_E4M3);

  @BeforeAll
  static void loadDriver() {
    EmulatedGpu.driver();
  }

  private static Backend open(int ordinal, String kvLocation, boolean eager) {
    return Backends.create(
        EngineConfig.of(
            Settings.none(EngineSetting.class)
                .with(EngineSetting.MODEL, "m")
                .with(EngineSetting.DEVICE, "cuda:" + ordinal)
                .with(EngineSetting.SHARE_GPU, true)
                .with(EngineSetting.KV_CACHE_LOCATION, kvLocation)
                .with(EngineSetting.ENFORCE_EAGER, eager)));
  }

  @ParameterizedTest
  @CsvSource({
    EmulatedGpu.SM_75 + ", device, false",
    EmulatedGpu.SM_80 + ", device, false",
    EmulatedGpu.SM_80 + ", device, true",
    EmulatedGpu.SM_80 + ", host, false",
    EmulatedGpu.SM_90 + ", device, false",
    EmulatedGpu.SM_120 + ", device, false"
  })
  void S4_7_givenHealthyDevice_run_passesInEveryType(
      int ordinal, String kvLocation, boolean eager) {
    for (DType dtype : List.of(DType.F32, DType.BF16, DType.F16)) {
      for (DType kvType : KV_TYPES) {
        for (int pageSize : new int[] {1, 16, 64}) {
          try (Backend cuda = open(ordinal, kvLocation, eager);
              SelfTest test = SelfTest.compile(cuda, dtype, kvType, pageSize)) {
            assertThatCode(
                    () -> {
                      test.run();
                      test.run(); // Whatever the first run left in the cache.
                    })
                .as("%s, KV %s, pages of %d", dtype, kvType, pageSize)
                .doesNotThrowAnyException();
          }
        }
      }
    }
  }

  @Test
  void S4_7_givenStaleCopyOfTheKvCache_run_catchesItAndOneStepWouldNot() {
    try (Backend cuda = open(EmulatedGpu.SM_80, "device", false)) {
      Backend stale = FaultyBackend.of(cuda, FaultyExecutable::withStaleKvCopy);
      try (SelfTest whole = SelfTest.compile(stale, DType.BF16, DType.BF16, 16);
          SelfTest oneStep = SelfTest.compile(stale, DType.BF16, DType.BF16, 16)) {
        assertThatThrownBy(whole::run)
            .hasMessageStartingWith("the device fails its self-test: after position ");
        assertThatCode(() -> oneStep.run(oneStep.promptLength(), 0)).doesNotThrowAnyException();
      }
    }
  }
}
