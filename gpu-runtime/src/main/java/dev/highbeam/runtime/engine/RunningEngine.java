// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.tokenizer.Tokenizer;

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

  @Override
  public void close() {
    try {
      loop.close();
    } finally {
      onClose.run();
    }
  }
}
