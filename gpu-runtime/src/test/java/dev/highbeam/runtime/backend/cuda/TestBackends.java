// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.backend.cuda.image.ImageChoice;
import java.util.OptionalInt;

/** Backends on the devices of the emulator. */
final class TestBackends {

  private TestBackends() {}

  /** Everything on the device, with graphs; shared, because test JVMs see the same devices. */
  static CudaSettings settings(int ordinal) {
    return new CudaSettings(
        ordinal,
        true,
        0.9,
        OptionalInt.empty(),
        LayerPlaces.KvLocation.DEVICE,
        "none",
        true,
        false);
  }

  /** A backend, or a skipped test where there is no device. */
  static CudaBackend open(CudaSettings settings) {
    EmulatedGpu.driver();
    return CudaDevices.detect(ImageChoice.Wish.ANY).open(settings);
  }
}
