// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.Counter;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** S3-5: in a fork of the process that started CUDA nothing reaches the driver. */
final class ForkGuardTest {

  private final AtomicReference<String> pid = new AtomicReference<>("10");

  @Test
  void S3_5_givenAnotherProcessId_check_namesBothAndSaysWhatToDo() {
    ForkGuard guard = new ForkGuard(pid::get);
    guard.check();
    pid.set("11");
    assertThatThrownBy(guard::check)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "CUDA was started in process 10 and cannot be used in its fork 11: start a new process"
                + " instead");
    new ForkGuard().check();
  }

  @Test
  void S3_5_givenFork_noUseOfAContextReachesTheDriver() {
    CudaDriver real = EmulatedGpu.emulator();
    CudaDriver driver = new CudaDriver(real.version(), real.deviceCount(), new ForkGuard(pid::get));
    try (CudaContext context = CudaContext.separate(driver, EmulatedGpu.SM_80);
        CudaStream stream = context.stream("steps")) {
      pid.set("11");
      int calls = EmulatedGpu.count(Counter.CALLS, EmulatedGpu.SM_80);
      List<Runnable> uses =
          List.of(
              () -> context.allocate(64, "late"),
              () -> context.run(() -> {}),
              stream::synchronize,
              driver::detect,
              () -> driver.device(EmulatedGpu.SM_80),
              () -> CudaContext.separate(driver, EmulatedGpu.SM_80));
      for (Runnable use : uses) {
        assertThatThrownBy(use::run).hasMessageContaining("cannot be used in its fork 11");
      }
      // Reading the counter is itself a call or two.
      assertThat(EmulatedGpu.count(Counter.CALLS, EmulatedGpu.SM_80) - calls)
          .isLessThanOrEqualTo(2);
      pid.set("10");
    }
  }
}
