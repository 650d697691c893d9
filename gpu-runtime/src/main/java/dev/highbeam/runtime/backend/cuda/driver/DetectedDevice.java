// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

/** One device as the driver lists it: usable, or unusable with the first cause. */
public sealed interface DetectedDevice permits CudaDevice, UnusableDevice {

  /** The driver's number for it in this process, from 0. */
  int ordinal();

  /** Its product name, or "unknown" where not even that could be asked. */
  String name();
}
