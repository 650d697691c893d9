// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Finding;
import dev.highbeam.runtime.api.Settings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class DeviceCheckTest {

  private static List<Finding> look(
      Settings<EngineSetting> settings, Function<EngineConfig, List<Finding>> report) {
    return DeviceCheck.look(settings, report, Duration.ofSeconds(1));
  }

  @Test
  void givenSettingsWithoutModel_look_passesThemOn() {
    Settings<EngineSetting> settings =
        Settings.none(EngineSetting.class).with(EngineSetting.JIT, false);
    assertThat(look(settings, config -> List.of(new Finding(true, "jit", "" + config.jit()))))
        .containsExactly(new Finding(true, "jit", "false"));
    assertThat(
            look(
                settings.with(EngineSetting.MODEL, "m"),
                config -> List.of(new Finding(true, "model", config.model()))))
        .containsExactly(new Finding(true, "model", "m"));
  }

  @Test
  void givenDriverThatFailsOrHangs_look_saysSoAndReturns() {
    Settings<EngineSetting> none = Settings.none(EngineSetting.class);
    List<Finding> failed =
        look(
            none,
            config -> {
              throw new IllegalStateException("the driver is confused");
            });
    assertThat(failed).hasSize(1);
    assertThat(failed.get(0).isGood()).isFalse();
    assertThat(failed.get(0).text()).contains("the driver is confused");

    CountDownLatch never = new CountDownLatch(1);
    List<Finding> hung =
        look(
            none,
            config -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              return List.of();
            });
    never.countDown();
    assertThat(hung).hasSize(1);
    assertThat(hung.get(0).isGood()).isFalse();
    assertThat(hung.get(0).text()).startsWith("the driver has not answered for 1 s: ");
  }
}
