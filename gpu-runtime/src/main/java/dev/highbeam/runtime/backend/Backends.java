// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.cpu.CpuBackend;
import dev.highbeam.runtime.backend.reference.ReferenceBackend;

/** The only class that knows the implementations: from the device setting's word to a backend. */
public final class Backends {

  private Backends() {}

  /**
   * A new backend for a word of {@code EngineSetting.DEVICE}; the caller closes it.
   *
   * @param cpuThreads threads of the CPU backend; 0 takes the cores
   * @throws EngineException configuration, if there is no backend of that name
   */
  public static Backend create(String device, int cpuThreads) {
    return switch (device) {
      case "auto", "cpu" -> CpuBackend.create(cpuThreads);
      case "reference" -> new ReferenceBackend();
      default ->
          throw EngineException.configuration(
              "device must be auto, cpu or reference, was '" + device + "'");
    };
  }
}
