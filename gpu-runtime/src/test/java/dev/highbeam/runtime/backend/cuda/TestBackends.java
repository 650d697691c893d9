// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.backend.cuda.image.ImageChoice;
import java.nio.file.Path;
import java.util.OptionalInt;

/** Backends on the devices of the emulator. */
final class TestBackends {

  /** Of this build, so that the driver compiles once and not for every test. */
  private static final String KERNEL_CACHE =
      Path.of("target", "kernel-cache").toAbsolutePath().toString();

  private TestBackends() {}

  /** Everything on the device, with graphs; shared, because test JVMs see the same devices. */
  static CudaSettings settings(int ordinal) {
    return new CudaSettings(
        ordinal,
        true,
        0.9,
        OptionalInt.empty(),
        LayerPlaces.KvLocation.DEVICE,
        KERNEL_CACHE,
        true,
        false);
  }

  /** A backend, or a skipped test where there is no device. */
  static CudaBackend open(CudaSettings settings) {
    EmulatedGpu.driver();
    return CudaDevices.detect(ImageChoice.Wish.ANY).open(settings);
  }
}
