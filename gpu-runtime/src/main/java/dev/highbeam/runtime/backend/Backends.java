// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import dev.highbeam.runtime.backend.cpu.CpuBackend;
import dev.highbeam.runtime.backend.reference.ReferenceBackend;

/**
 * The one class that knows the implementations; the choice is explicit, never a silent fallback.
 */
public final class Backends {

  private Backends() {}

  /**
   * A backend for a device as a user names it.
   *
   * @param device auto, cpu or reference; auto is the CPU as long as there is nothing faster
   * @param cpuThreads threads of the CPU backend, 0 for all cores that the process may use
   */
  public static Backend create(String device, int cpuThreads) {
    return switch (device) {
      case "auto", "cpu" -> CpuBackend.create(cpuThreads);
      case "reference" -> new ReferenceBackend();
      default ->
          throw new IllegalArgumentException(
              "device must be auto, cpu or reference, was " + device);
    };
  }
}
