// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A client of one or more engines: each request goes to the engine with the fewest open requests,
 * all outcomes come through one queue, which the engines' threads fill and the client's thread
 * empties. When one engine ends, so does the client.
 */
final class QueueClient implements EngineClient {

  /** Unique in the process, as tickets are. */
  private static final AtomicInteger NEXT_NUMBER = new AtomicInteger();

  private final List<? extends ClientHost> hosts;
  private final int number = NEXT_NUMBER.incrementAndGet();

  /** Outcomes; an empty one only wakes a waiting poll, to look at the engines' state again. */
  private final LinkedBlockingQueue<Optional<Outcome>> outcomes = new LinkedBlockingQueue<>();

  private final AtomicBoolean isClosed = new AtomicBoolean();

  private QueueClient(List<? extends ClientHost> hosts) {
    this.hosts = List.copyOf(hosts);
  }

  /** A client of at least one engine, all of which compute the same model. */
  static QueueClient of(List<? extends ClientHost> hosts) {
    QueueClient client = new QueueClient(hosts);
    hosts.forEach(host -> host.join(client));
    return client;
  }

  int number() {
    return number;
  }

  @Override
  public long submit(Request request) {
    if (isClosed.get()) {
      throw new IllegalStateException("this client is closed");
    }
    throwIfFailed();
    return leastLoaded().submit(number, request);
  }

  /** Of equally loaded engines the first. */
  private ClientHost leastLoaded() {
    ClientHost least = hosts.get(0);
    int fewest = Integer.MAX_VALUE;
    for (ClientHost host : hosts) {
      int open = host.openCount();
      if (open < fewest) {
        fewest = open;
        least = host;
      }
    }
    return least;
  }

  @Override
  public @Nullable Outcome poll(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      // Once an engine has failed nothing new counts: take what is there, do not wait.
      boolean isOver = failure() != null || isClosed.get();
      long wait = isOver ? 0 : Math.max(0, deadline - System.nanoTime());
      Optional<Outcome> next = outcomes.poll(wait, TimeUnit.NANOSECONDS);
      if (next != null && next.isPresent()) {
        return next.get();
      }
      if (next == null) {
        if (isOver) {
          throwIfFailed();
        }
        if (isOver || System.nanoTime() >= deadline) {
          return null;
        }
      }
    }
  }

  /** Tickets are unique, so the engines that do not know this one ignore it. */
  @Override
  public void cancel(long ticket) {
    hosts.forEach(host -> host.cancel(ticket));
  }

  @Override
  public void close() {
    if (isClosed.compareAndSet(false, true)) {
      hosts.forEach(host -> host.leave(number));
      wake();
    }
  }

  void offer(Outcome outcome) {
    outcomes.add(Optional.of(outcome));
  }

  void wake() {
    outcomes.add(Optional.empty());
  }

  private @Nullable EngineException failure() {
    for (ClientHost host : hosts) {
      EngineException failure = host.failure();
      if (failure != null) {
        return failure;
      }
    }
    return null;
  }

  private void throwIfFailed() {
    EngineException cause = failure();
    if (cause != null) {
      throw EngineFailures.again(cause);
    }
  }
}
