// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns an {@link Engine}, and the clients' way to it. Callers' threads put
 * commands into an inbox; the engine's thread takes them between steps and puts outcomes into each
 * client's own queue. It never runs callers' code.
 *
 * <p>When the engine fails or is stopped, every client learns it: outcomes that are there can still
 * be taken, then submit and poll throw.
 */
final class EngineLoop implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(EngineLoop.class);

  private final Engine engine;
  private final int pageSize;
  private final Thread thread;
  private final LinkedBlockingQueue<Command> inbox = new LinkedBlockingQueue<>();
  private final Map<Integer, QueueClient> clients = new ConcurrentHashMap<>();
  private final AtomicInteger nextClient = new AtomicInteger();
  private final AtomicLong nextTicket = new AtomicLong();

  /** Open requests by ticket; the engine's thread only. */
  private final Map<Long, RequestState> openRequests = new HashMap<>();

  private volatile EngineStats stats;
  private volatile @Nullable EngineException failure;

  /** What callers ask of the engine's thread. */
  private sealed interface Command {
    record Submit(RequestState request) implements Command {}

    record Cancel(long ticket) implements Command {}

    record Leave(int client) implements Command {}

    record Stop() implements Command {}
  }

  private EngineLoop(Engine engine, EngineInfo info) {
    this.engine = engine;
    this.pageSize = info.pageSize();
    this.stats = engine.stats();
    thread = new Thread(this::run, "highbeam-engine");
    thread.setDaemon(true);
  }

  /** Starts the engine's thread. */
  static EngineLoop start(Engine engine, EngineInfo info) {
    EngineLoop loop = new EngineLoop(engine, info);
    loop.thread.start();
    return loop;
  }

  EngineClient connect() {
    QueueClient client = new QueueClient(this, nextClient.incrementAndGet());
    clients.put(client.number(), client);
    return client;
  }

  EngineStats stats() {
    return stats;
  }

  /** Why the engine does not run any more, or null while it does. */
  @Nullable EngineException failure() {
    return failure;
  }

  long submit(int client, Request request) {
    throwIfFailed();
    RequestState state = new RequestState(nextTicket.incrementAndGet(), client, request, pageSize);
    inbox.add(new Command.Submit(state));
    return state.ticket();
  }

  void cancel(long ticket) {
    inbox.add(new Command.Cancel(ticket));
  }

  void leave(int client) {
    clients.remove(client);
    inbox.add(new Command.Leave(client));
  }

  void throwIfFailed() {
    EngineException cause = failure;
    if (cause != null) {
      throw EngineFailures.again(cause);
    }
  }

  /** Stops the engine after the step in progress; every open request learns it. */
  @Override
  public void close() {
    inbox.add(new Command.Stop());
    boolean interrupted = false;
    while (thread.isAlive() && Thread.currentThread() != thread) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @SuppressWarnings("CatchingUnchecked") // Whatever ends this thread must reach the clients.
  private void run() {
    try {
      while (takeCommands()) {
        if (!engine.isIdle()) {
          engine.step();
        }
        publish();
      }
      fail(EngineException.retryable("the engine was stopped", null));
    } catch (EngineException e) {
      fail(e);
    } catch (InterruptedException e) {
      fail(EngineException.retryable("the engine's thread was interrupted", e));
    } catch (RuntimeException | Error e) {
      LOG.error("The engine's thread failed", e);
      fail(EngineException.fatal("the engine failed: " + e, e));
    } finally {
      engine.close();
    }
  }

  /** Handles what is in the inbox, waiting only if there is nothing else to do; false to stop. */
  private boolean takeCommands() throws InterruptedException {
    Command command = engine.isIdle() ? inbox.take() : inbox.poll();
    while (command != null) {
      if (command instanceof Command.Stop) {
        return false;
      }
      handle(command);
      command = inbox.poll();
    }
    return true;
  }

  private void handle(Command command) {
    if (command instanceof Command.Submit submit) {
      openRequests.put(submit.request().ticket(), submit.request());
      engine.add(submit.request());
    } else if (command instanceof Command.Cancel cancel) {
      RequestState request = openRequests.get(cancel.ticket());
      if (request != null) {
        engine.cancel(request);
      }
    } else if (command instanceof Command.Leave leave) {
      for (RequestState request : engine.openRequests()) {
        if (request.owner() == leave.client()) {
          engine.cancel(request);
        }
      }
    }
  }

  private void publish() {
    stats = engine.stats();
    for (RequestState request : engine.takeEnded()) {
      openRequests.remove(request.ticket());
      deliver(request.owner(), Objects.requireNonNull(request.outcome()));
    }
  }

  private void deliver(int owner, Outcome outcome) {
    QueueClient client = clients.get(owner);
    if (client != null) {
      client.offer(outcome);
    }
  }

  private void fail(EngineException cause) {
    // Set first: a client that sees no outcome and no failure would wait for ever.
    failure = cause;
    clients.values().forEach(QueueClient::wake);
  }
}
