// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A client of an engine in this process: a queue that the engine's thread fills and the client's
 * thread empties.
 */
final class QueueClient implements EngineClient {

  private final EngineLoop loop;
  private final int number;

  /** Outcomes; an empty one only wakes a waiting poll, to look at the engine's state again. */
  private final LinkedBlockingQueue<Optional<Outcome>> outcomes = new LinkedBlockingQueue<>();

  private final AtomicBoolean isClosed = new AtomicBoolean();

  QueueClient(EngineLoop loop, int number) {
    this.loop = loop;
    this.number = number;
  }

  int number() {
    return number;
  }

  @Override
  public long submit(Request request) {
    if (isClosed.get()) {
      throw new IllegalStateException("this client is closed");
    }
    return loop.submit(number, request);
  }

  @Override
  public @Nullable Outcome poll(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      // Once the engine has failed nothing new comes: take what is there, do not wait.
      boolean isOver = loop.failure() != null || isClosed.get();
      long wait = isOver ? 0 : Math.max(0, deadline - System.nanoTime());
      Optional<Outcome> next = outcomes.poll(wait, TimeUnit.NANOSECONDS);
      if (next != null && next.isPresent()) {
        return next.get();
      }
      if (next == null) {
        if (isOver) {
          loop.throwIfFailed();
        }
        if (isOver || System.nanoTime() >= deadline) {
          return null;
        }
      }
    }
  }

  @Override
  public void cancel(long ticket) {
    loop.cancel(ticket);
  }

  @Override
  public void close() {
    if (isClosed.compareAndSet(false, true)) {
      loop.leave(number);
      wake();
    }
  }

  void offer(Outcome outcome) {
    outcomes.add(Optional.of(outcome));
  }

  void wake() {
    outcomes.add(Optional.empty());
  }
}
