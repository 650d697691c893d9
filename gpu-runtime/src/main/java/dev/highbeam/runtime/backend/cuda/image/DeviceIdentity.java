// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import org.jspecify.annotations.Nullable;

/**
 * Everything that says which device of which machine is meant; a null was not found out. It is
 * filled from the worker's own device, never from device 0 or from the current one.
 *
 * @param uuid as nvidia-smi prints it
 * @param visibleDevices the value of CUDA_VISIBLE_DEVICES, null if unset: it renumbers ordinals
 */
public record DeviceIdentity(
    int ordinal,
    @Nullable String name,
    @Nullable Capability capability,
    @Nullable String uuid,
    @Nullable String pciBusId,
    @Nullable DriverVersion driver,
    @Nullable String visibleDevices) {

  /** All of it in one phrase, to begin a message with. */
  public String describe() {
    return "CUDA device "
        + ordinal
        + " ("
        + or(name, "name unknown")
        + ", compute capability "
        + or(capability, "unknown")
        + ", "
        + or(uuid, "UUID unknown")
        + ", PCI "
        + or(pciBusId, "unknown")
        + ", driver for "
        + or(driver, "an unknown CUDA version")
        + ", CUDA_VISIBLE_DEVICES "
        + (visibleDevices == null ? "unset" : "'" + visibleDevices + "'")
        + ")";
  }

  private static String or(@Nullable Object value, String otherwise) {
    return value == null ? otherwise : value.toString();
  }
}
