// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What serves the leases of one configuration, wherever it computes. Safe from any thread. */
interface ServingEngine extends AutoCloseable {

  EngineClient connect();

  EngineInfo info();

  Tokenizer tokenizer();

  EngineStats stats();

  /** Why it does not serve any more, or null while it does. */
  @Nullable EngineException failure();

  /** Tells why it has ended, at once if it has, on whatever thread notices it. */
  void onEnd(Consumer<EngineException> listener);

  /** Stops it; every open request learns it. */
  @Override
  void close();
}
