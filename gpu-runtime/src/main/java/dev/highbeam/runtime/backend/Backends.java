// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.cpu.CpuBackend;
import dev.highbeam.runtime.backend.reference.ReferenceBackend;

/** The only class that knows the implementations: from the device setting's word to a backend. */
public final class Backends {

  private Backends() {}

  /**
   * A new backend for a configuration's device; the caller closes it.
   *
   * @throws EngineException configuration, if there is no such backend here
   */
  public static Backend create(EngineConfig config) {
    return switch (config.device()) {
      case "auto", "cpu" -> CpuBackend.create(config.cpuThreads());
      case "reference" -> new ReferenceBackend();
      default ->
          throw EngineException.configuration(
              "device must be auto, cpu or reference, was '" + config.device() + "'");
    };
  }
}
