// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.tokenizer.Tokenizer;

/**
 * A holder's share of an engine that several holders may use at once. The engine lives at least as
 * long as its last lease. Safe for use from any thread.
 */
public interface EngineLease extends AutoCloseable {

  /** A new client of the engine; the caller closes it. */
  EngineClient connect();

  EngineInfo info();

  /** The model's tokenizer; immutable and safe for use from many threads. */
  Tokenizer tokenizer();

  /** Counters at this moment. */
  EngineStats stats();

  /** Gives the share back; idempotent. */
  @Override
  void close();
}
