// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.backend.Backends;

/** Real engines on one device, started as production starts them. */
final class TestEngines {

  private TestEngines() {}

  static RunningEngine start(EngineConfig config) {
    return EngineStart.begin(config, new EngineStarter(Backends::create)::start).await();
  }
}
