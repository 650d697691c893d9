// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import java.io.Serializable;

/**
 * Where engines come from: {@code SharedEngines::acquire} in a real job, a fake in tests.
 * Serialisable, because it travels in a pipeline.
 */
@FunctionalInterface
public interface EngineProvider extends Serializable {

  /**
   * A lease on the engine of this configuration, which is started if this process has none.
   *
   * @throws dev.highbeam.runtime.api.EngineException if the engine cannot be started
   */
  EngineLease acquire(EngineConfig config);
}
