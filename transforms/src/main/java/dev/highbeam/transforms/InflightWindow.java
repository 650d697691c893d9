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
 * The requests that one DoFn instance has with the engine, as many as a budget allows, each with
 * what its caller wants to remember. Outcomes leave in the order in which they finish, so that one
 * long request holds nobody up. Used by one thread, except {@link #close}, which a runner may call
 * from another while this one waits. Knows nothing of Beam.
 *
 * @param <P> what the caller remembers of a request
 */
final class InflightWindow<P> implements AutoCloseable {

  private static final Duration WAIT = Duration.ofMillis(200);

  private final EngineClient client;
  private final InflightBudget budget;
  private final Map<Long, Held<P>> heldByTicket = new HashMap<>();
  private long sequences;
  private long pages;
  private volatile boolean closed;

  InflightWindow(EngineClient client, InflightBudget budget) {
    this.client = client;
    this.budget = budget;
  }

  /** An outcome and what was remembered of its request. */
  record Finished<P>(Outcome outcome, P pending) {}

  /** What a request takes of the budget while it is out. */
  private record Held<P>(P pending, int sequences, long pages) {}

  boolean isEmpty() {
    return heldByTicket.isEmpty();
  }

  /**
   * Whether the budget is used up. A request may go over it, because one that is larger than all of
   * it has to be tried too.
   */
  boolean isFull() {
    return sequences >= budget.sequences() || pages >= budget.pages();
  }

  /** Hands a request to the engine; the window must not be full. */
  void submit(Request request, P pending) {
    Checks.checkState(!isFull(), "the window holds %s sequences, its most", sequences);
    Held<P> held =
        new Held<>(pending, InflightBudget.sequencesOf(request), budget.pagesOf(request));
    heldByTicket.put(client.submit(request), held);
    sequences += held.sequences();
    pages += held.pages();
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
    Held<P> held = heldByTicket.remove(outcome.ticket());
    Checks.checkState(
        held != null, "the engine ended request %s, which nobody awaits", outcome.ticket());
    sequences -= held.sequences();
    pages -= held.pages();
    return new Finished<>(outcome, held.pending());
  }
}
