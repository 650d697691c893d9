// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaDevice;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import dev.highbeam.runtime.backend.cuda.image.TargetArch;

/**
 * What kernels are chosen and cut for. A device may run an image made for an older one, because a
 * user's list or a build of few architectures leaves nothing else: then only kernels of that older
 * one are there.
 *
 * @param capability whose kernels the loaded image has
 * @param multiprocessors of the device
 */
record KernelTarget(Capability capability, int multiprocessors) {

  private static final Capability HOPPER = new Capability(9, 0);
  private static final Capability BEFORE_HOPPER = new Capability(8, 9);

  /** What a device can do with an image. */
  static KernelTarget of(CudaDevice device, TargetArch arch) {
    // The kernels of 9.0 are in images for exactly 9.0; without the a they are those of 8.x.
    boolean lacksHopper =
        arch.capability().equals(HOPPER) && arch.suffix() != TargetArch.Suffix.EXACT;
    return new KernelTarget(
        lacksHopper ? BEFORE_HOPPER : arch.capability(), device.multiprocessors());
  }
}
