// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.engine.EngineClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The requests that one DoFn instance has with the engine, at most so many at a time, each with
 * what its caller wants to remember. Outcomes leave in the order in which they finish, so that one
 * long request holds nobody up. Used by one thread, except {@link #close}, which a runner may call
 * from another while this one waits. Knows nothing of Beam.
 *
 * @param <P> what the caller remembers of a request
 */
final class InflightWindow<P> implements AutoCloseable {

  private static final Duration WAIT = Duration.ofMillis(200);

  private final EngineClient client;
  private final int capacity;
  private final Map<Long, P> pendingByTicket = new HashMap<>();
  private volatile boolean closed;

  InflightWindow(EngineClient client, int capacity) {
    Checks.checkArgument(capacity > 0, "capacity must be positive, was %s", capacity);
    this.client = client;
    this.capacity = capacity;
  }

  /** An outcome and what was remembered of its request. */
  record Finished<P>(Outcome outcome, P pending) {}

  boolean isEmpty() {
    return pendingByTicket.isEmpty();
  }

  boolean isFull() {
    return pendingByTicket.size() >= capacity;
  }

  /** Hands a request to the engine; the window must not be full. */
  void submit(Request request, P pending) {
    Checks.checkState(!isFull(), "the window holds %s requests, its most", capacity);
    pendingByTicket.put(client.submit(request), pending);
  }

  /** A request that has finished, or null if none has; does not wait. */
  @Nullable Finished<P> poll() throws InterruptedException {
    return isEmpty() ? null : finished(client.poll(Duration.ZERO));
  }

  /**
   * The next request that finishes; the window must not be empty.
   *
   * @throws EngineException if the engine has failed or the window was closed meanwhile
   */
  Finished<P> take() throws InterruptedException {
    while (true) {
      Finished<P> next = await();
      if (next != null) {
        return next;
      }
    }
  }

  /** Like {@link #take}, but null after a short while, for callers that have other duties. */
  @Nullable Finished<P> await() throws InterruptedException {
    Checks.checkState(!isEmpty(), "an empty window has nothing to wait for");
    if (closed) {
      throw EngineException.retryable("the bundle was given up while its requests ran", null);
    }
    return finished(client.poll(WAIT));
  }

  /** Cancels what is outstanding and forgets it; idempotent. */
  @Override
  public void close() {
    closed = true;
    client.close();
  }

  private @Nullable Finished<P> finished(@Nullable Outcome outcome) {
    if (outcome == null) {
      return null;
    }
    P pending = pendingByTicket.remove(outcome.ticket());
    Checks.checkState(
        pending != null, "the engine ended request %s, which nobody awaits", outcome.ticket());
    return new Finished<>(outcome, pending);
  }
}
