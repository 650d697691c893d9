// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.SM_80;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.Counter;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** S3-4: each step of a start fails once with each code; nothing is left and the retry works. */
final class FailedStartTest {

  private static final List<Integer> CODES = List.of(2, 3, 100, 209);

  private CudaDriver driver;

  @BeforeEach
  void findDriver() {
    driver = EmulatedGpu.emulator();
  }

  @AfterEach
  void removeFaults() {
    EmulatedGpu.removeFaults();
  }

  static Stream<Arguments> stepsOfAContext() {
    return withCodes(
        "cuDeviceGet",
        "cuDeviceGetName",
        "cuDeviceGetAttribute",
        "cuDeviceTotalMem",
        "cuDeviceGetUuid",
        "cuCtxCreate",
        "cuCtxPopCurrent");
  }

  static Stream<Arguments> stepsOfAHandle() {
    return Stream.of(
            step("cuMemAlloc", context -> context.allocate(64, "memory")),
            step("cuMemHostAlloc", context -> context.allocatePinned(64, "pinned", true)),
            step("cuMemHostGetDevicePointer", context -> context.allocatePinned(64, "pin", true)),
            step("cuMemHostAlloc", context -> context.stream("stream")),
            step("cuStreamCreateWithPriority", context -> context.stream("stream")),
            step("cuEventCreate", CudaContext::event),
            step("cuModuleLoadDataEx", context -> context.load(AddKernel.image(), "module")),
            step("cuCtxPushCurrent", context -> context.allocate(64, "memory")),
            step("cuCtxGetCurrent", context -> context.allocate(64, "memory")))
        .flatMap(
            step -> CODES.stream().map(code -> Arguments.of(step.get()[0], step.get()[1], code)));
  }

  private static Arguments step(String call, Function<CudaContext, CudaHandle> body) {
    return Arguments.of(call, body);
  }

  private static Stream<Arguments> withCodes(String... steps) {
    return Stream.of(steps).flatMap(step -> CODES.stream().map(code -> Arguments.of(step, code)));
  }

  @ParameterizedTest
  @MethodSource("stepsOfAContext")
  void S3_4_givenStepFails_acquire_leavesNothingAndTheRetryWorks(String call, int code) {
    EmulatedGpu.plantFaults(call + "@1=" + code);
    assertThatThrownBy(() -> CudaContext.acquire(driver, SM_80))
        .isInstanceOf(CudaException.class)
        .satisfies(e -> assertThat(((CudaException) e).code()).isEqualTo(code))
        .hasMessageContaining(call);
    assertThat(EmulatedGpu.count(Counter.LIVE_CONTEXTS, SM_80)).isZero();
    try (CudaContext context = CudaContext.acquire(driver, SM_80);
        AddKernel add = new AddKernel(context)) {
      assertThat(add.add(2)).isEqualTo(AddKernel.expected(2));
    }
  }

  @ParameterizedTest
  @MethodSource("stepsOfAHandle")
  void S3_4_givenStepFails_opening_leavesNothingAndTheRetryWorks(
      String call, Function<CudaContext, CudaHandle> open, int code) {
    try (CudaContext context = CudaContext.acquire(driver, SM_80)) {
      EmulatedGpu.plantFaults(call + "@1=" + code);
      assertThatThrownBy(() -> open.apply(context))
          .isInstanceOf(CudaException.class)
          .satisfies(e -> assertThat(((CudaException) e).code()).isEqualTo(code));
      assertThat(context.openHandles()).isEmpty();
      for (Counter live :
          List.of(
              Counter.LIVE_ALLOCATIONS,
              Counter.LIVE_PINNED,
              Counter.LIVE_STREAMS,
              Counter.LIVE_EVENTS,
              Counter.LIVE_MODULES)) {
        assertThat(EmulatedGpu.count(live, SM_80)).as(live.name()).isZero();
      }
      open.apply(context).close();
    }
  }
}
