// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
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
      assertThat(numerics(reference)).startsWith("reference-");
      assertThat(numerics(cpu)).startsWith("cpu");
      assertThat(numerics(auto)).startsWith(hasGpu ? "cuda-" : numerics(cpu));
    }
  }

  private static String numerics(Backend backend) {
    return backend.numerics(Program.builder(2).build());
  }

  @Test
  void S4_5_givenGpuLayersWithoutAGpu_create_refusesInsteadOfIgnoring() {
    for (String device : List.of("cpu", "reference")) {
      EngineConfig layers = EngineConfig.of(settings(device).with(EngineSetting.GPU_LAYERS, 2));
      assertThatThrownBy(() -> Backends.create(layers))
          .isInstanceOf(EngineException.class)
          .hasMessage(
              "gpu_layers must be 0 or unset on the "
                  + device
                  + " backend, which has no GPU, was 2");
      EngineConfig none = EngineConfig.of(settings(device).with(EngineSetting.GPU_LAYERS, 0));
      Backends.create(none).close();
    }
  }

  private static EngineConfig config(String device) {
    return EngineConfig.of(settings(device));
  }

  private static Settings<EngineSetting> settings(String device) {
    return Settings.none(EngineSetting.class)
        .with(EngineSetting.MODEL, "m")
        .with(EngineSetting.DEVICE, device)
        .with(EngineSetting.SHARE_GPU, true)
        .with(EngineSetting.CPU_THREADS, 1);
  }
}
