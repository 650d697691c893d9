// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Settings;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BackendsTest {

  @Test
  void givenWordOfTheDeviceSetting_create_givesThatBackend() {
    try (Backend reference = Backends.create(config("reference"));
        Backend cpu = Backends.create(config("cpu"));
        Backend auto = Backends.create(config("auto"))) {
      // Another test of this process may have loaded the emulated driver, which auto then finds.
      boolean hasGpu = !Backends.devices(config("auto")).equals(List.of("cpu"));
      assertThat(reference.numerics()).startsWith("reference-");
      assertThat(cpu.numerics()).startsWith("cpu");
      assertThat(auto.numerics()).startsWith(hasGpu ? "cuda-" : cpu.numerics());
    }
  }

  private static EngineConfig config(String device) {
    return EngineConfig.of(
        Settings.none(EngineSetting.class)
            .with(EngineSetting.MODEL, "m")
            .with(EngineSetting.DEVICE, device)
            .with(EngineSetting.SHARE_GPU, true)
            .with(EngineSetting.CPU_THREADS, 1));
  }
}
