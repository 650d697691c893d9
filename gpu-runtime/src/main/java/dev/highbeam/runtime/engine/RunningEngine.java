// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.tokenizer.Tokenizer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A started engine with what its users need of it. Closing it stops the engine and frees the
 * device.
 *
 * @param loop the thread that runs the engine
 * @param info what callers are told
 * @param tokenizer the model's tokenizer
 * @param onClose frees what the engine itself does not own: the backend and its weights
 */
record RunningEngine(EngineLoop loop, EngineInfo info, Tokenizer tokenizer, Runnable onClose)
    implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RunningEngine.class);

  @Override
  public void close() {
    loop.close();
    if (loop.hasEnded()) {
      onClose.run();
    } else {
      // Freeing memory under a step that runs would take the whole process down.
      LOG.warn("The engine's thread hangs; what it holds is freed when this process ends");
    }
  }
}
