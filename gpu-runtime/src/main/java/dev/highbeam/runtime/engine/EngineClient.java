// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The only door to an engine: plain values in, plain values out, so that the engine may live in
 * this process or in another. Each client sees the outcomes of its own requests only; requests of
 * all clients share the engine's steps.
 *
 * <p>One thread may submit and cancel while another polls. Outcomes come in the order in which
 * requests finish.
 */
public interface EngineClient extends AutoCloseable {

  /**
   * Hands a request over; returns at once.
   *
   * @return the ticket that the request's outcome will carry, unique within the engine
   * @throws dev.highbeam.runtime.api.EngineException if the engine has failed or is stopped
   */
  long submit(Request request);

  /**
   * The next outcome, waiting for it up to the timeout; null if none came in time.
   *
   * @throws dev.highbeam.runtime.api.EngineException if the engine has failed or is stopped and no
   *     outcome is left to take
   * @throws InterruptedException if the calling thread is interrupted while waiting
   */
  @Nullable Outcome poll(Duration timeout) throws InterruptedException;

  /** Gives a request up; it still has one outcome, CANCELLED unless it was done before. */
  void cancel(long ticket);

  /** Cancels everything outstanding and forgets it; idempotent, callable from any thread. */
  @Override
  void close();
}
