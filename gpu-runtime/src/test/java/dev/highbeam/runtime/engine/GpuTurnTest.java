// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Settings;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GpuTurnTest {

  private static EngineConfig config(String device, double seconds, boolean isShared) {
    return EngineConfig.of(
        Settings.none(EngineSetting.class)
            .with(EngineSetting.MODEL, "m")
            .with(EngineSetting.DEVICE, device)
            .with(EngineSetting.GPU_WAIT_TIMEOUT, seconds)
            .with(EngineSetting.SHARE_GPU, isShared));
  }

  private static void requireRefused(EngineConfig config) {
    assertThatThrownBy(() -> GpuTurn.take(config))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("cuda:41 is used by another engine of this process")
        .extracting(e -> ((EngineException) e).kind())
        .isEqualTo(EngineException.Kind.RETRYABLE);
  }

  @Test
  void givenTakenGpu_take_waitsForItsTurn() throws Exception {
    GpuTurn first = GpuTurn.take(config("cuda:41", 0, false));
    CompletableFuture<GpuTurn> second =
        CompletableFuture.supplyAsync(() -> GpuTurn.take(config("cuda:41", 50, false)));
    requireRefused(config("cuda:41", 0, false));
    requireRefused(config("cuda:41", 0.2, false));
    assertThat(second).isNotDone();
    first.close();
    GpuTurn next = second.get(30, TimeUnit.SECONDS);
    first.close();
    requireRefused(config("cuda:41", 0, false));
    next.close();
    GpuTurn.take(config("cuda:41", 0, false)).close();
  }

  @Test
  void givenOtherDevicesAndSharing_take_doesNotWait() {
    try (GpuTurn first = GpuTurn.take(config("cuda:41", 0, false));
        GpuTurn other = GpuTurn.take(config("cuda:42", 0, false));
        GpuTurn shared = GpuTurn.take(config("cuda:41", 0, true));
        GpuTurn cpu = GpuTurn.take(config("cpu", 0, false));
        GpuTurn again = GpuTurn.take(config("cpu", 0, false))) {
      assertThat(first).isNotSameAs(other);
      assertThat(shared).isNotSameAs(first);
      assertThat(cpu).isNotSameAs(again);
    }
  }

  @Test
  void givenGpuOfAnotherProcess_open_triesUntilItIsFree() {
    AtomicInteger tries = new AtomicInteger();
    try (GpuTurn turn = GpuTurn.take(config("cuda:41", 50, false))) {
      String opened =
          turn.open(
              () -> {
                if (tries.incrementAndGet() < 3) {
                  throw EngineException.deviceInUse("used by process 7", null);
                }
                return "open";
              });
      assertThat(opened).isEqualTo("open");
      assertThat(tries).hasValue(3);
    }
  }

  @Test
  void givenTimeOver_orAnotherFailure_open_throwsIt() {
    EngineException inUse = EngineException.deviceInUse("used by process 7", null);
    EngineException lost = EngineException.fatal("lost", null);
    try (GpuTurn turn = GpuTurn.take(config("cuda:41", 0, false))) {
      assertThatThrownBy(() -> turn.open(() -> fail(inUse))).isSameAs(inUse);
    }
    try (GpuTurn turn = GpuTurn.take(config("cuda:41", 50, false))) {
      assertThatThrownBy(() -> turn.open(() -> fail(lost))).isSameAs(lost);
    }
  }

  private static String fail(EngineException e) {
    throw e;
  }
}
