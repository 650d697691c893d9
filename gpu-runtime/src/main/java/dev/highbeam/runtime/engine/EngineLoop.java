// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that owns an {@link Engine}, and the clients' way to it. Callers' threads put
 * commands into an inbox; the engine's thread takes them between steps and puts outcomes into each
 * client's own queue. It never runs callers' code.
 *
 * <p>When the engine fails, hangs or is stopped, every client learns it: outcomes that are there
 * can still be taken, then submit and poll throw. A thread that hangs is left behind with all that
 * it holds, because nothing in Java can end it; should it come back, it frees what it holds and
 * ends.
 */
final class EngineLoop implements ClientHost, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(EngineLoop.class);

  /** Time that a poisoned engine's thread gets to free the device, before nobody waits for it. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Engine engine;
  private final EngineInfo info;
  private final Thread thread;
  private final LinkedBlockingQueue<Command> inbox = new LinkedBlockingQueue<>();
  private final Map<Integer, QueueClient> clients = new ConcurrentHashMap<>();
  private final AtomicInteger openCount = new AtomicInteger();

  /** Open requests by ticket; the engine's thread only. */
  private final Map<Long, RequestState> openRequests = new HashMap<>();

  /** Why the engine does not run any more; the first reason stays. */
  private final CompletableFuture<EngineException> end = new CompletableFuture<>();

  /** Null where nobody wants counters that outlive the process. */
  private final @Nullable CounterFile counterFile = CounterFile.open();

  private volatile EngineStats stats;
  private volatile boolean isHung;

  /** What callers ask of the engine's thread. */
  private sealed interface Command {
    record Submit(RequestState request) implements Command {}

    record Cancel(long ticket) implements Command {}

    record Leave(int client) implements Command {}

    record Stop() implements Command {}
  }

  private EngineLoop(Engine engine, EngineInfo info) {
    this.engine = engine;
    this.info = info;
    this.stats = engine.stats();
    thread = new Thread(this::run, "highbeam-engine");
    thread.setDaemon(true);
  }

  /**
   * Starts the engine's thread and its watchdog.
   *
   * @param stepTimeout most time in which a step may show no sign of life; zero for no limit
   */
  static EngineLoop start(Engine engine, EngineInfo info, Duration stepTimeout) {
    EngineLoop loop = new EngineLoop(engine, info);
    loop.thread.start();
    Watchdog.watch(loop.thread, engine.heartbeat(), engine::currentOp, stepTimeout, loop::hang);
    return loop;
  }

  EngineClient connect() {
    return QueueClient.of(List.of(this));
  }

  @Override
  public void join(QueueClient client) {
    clients.put(client.number(), client);
  }

  @Override
  public int openCount() {
    return openCount.get();
  }

  EngineStats stats() {
    return stats;
  }

  @Override
  public @Nullable EngineException failure() {
    return end.getNow(null);
  }

  /** Tells why the engine has ended, at once if it has, on whatever thread notices it. */
  void onEnd(Consumer<EngineException> listener) {
    var unused = end.thenAccept(listener);
  }

  @Override
  public long submit(int client, Request request) {
    throwIfFailed();
    RequestState state =
        new RequestState(
            NEXT_TICKET.incrementAndGet(), client, request, info.pageSize(), info.numericsId());
    openCount.incrementAndGet();
    inbox.add(new Command.Submit(state));
    return state.ticket();
  }

  @Override
  public void cancel(long ticket) {
    inbox.add(new Command.Cancel(ticket));
  }

  @Override
  public void leave(int client) {
    clients.remove(client);
    inbox.add(new Command.Leave(client));
  }

  void throwIfFailed() {
    EngineException cause = failure();
    if (cause != null) {
      throw EngineFailures.again(cause);
    }
  }

  /**
   * Stops the engine after the step in progress; every open request learns it. Waits until the
   * engine's thread has ended, but not for one that hangs.
   */
  @Override
  public void close() {
    inbox.add(new Command.Stop());
    boolean interrupted = false;
    long poisonedSince = 0;
    while (thread.isAlive() && Thread.currentThread() != thread && !isHung) {
      EngineException cause = failure();
      if (cause != null && cause.kind() == EngineException.Kind.FATAL) {
        long now = System.nanoTime();
        poisonedSince = poisonedSince == 0 ? now : poisonedSince;
        if (now - poisonedSince > PATIENCE.toNanos()) {
          break;
        }
      }
      try {
        thread.join(50);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the engine's thread is gone, and with it all use of the device. */
  boolean hasEnded() {
    return !thread.isAlive();
  }

  @SuppressWarnings("CatchingUnchecked") // Whatever ends this thread must reach the clients.
  private void run() {
    try {
      while (failure() == null && takeCommands()) {
        if (!engine.isIdle()) {
          engine.step();
        }
        if (failure() == null) {
          publish();
        }
      }
      fail(EngineException.retryable("the engine was stopped", null));
    } catch (EngineException e) {
      fail(e.kind() == EngineException.Kind.FATAL ? located(e) : e);
    } catch (InterruptedException e) {
      fail(EngineException.retryable("the engine's thread was interrupted", e));
    } catch (RuntimeException | Error e) {
      LOG.error("The engine's thread failed", e);
      fail(EngineException.fatal("the engine failed: " + e, e));
    } finally {
      engine.close();
      if (counterFile != null) {
        counterFile.close();
      }
    }
  }

  /** The failure with the step and the op that met it, if it was met in a step. */
  private EngineException located(EngineException e) {
    long step = engine.heartbeat().step();
    if (step == Heartbeat.NO_STEP) {
      return e;
    }
    String where = "step " + step + " failed in op '" + engine.currentOp() + "': ";
    return EngineException.fatal(where + e.getMessage(), e);
  }

  /** Called by the watchdog; the engine's thread knows nothing of it. */
  private void hang(String sentence) {
    isHung = true;
    Throwable where = new Throwable("the engine's thread hangs here");
    where.setStackTrace(thread.getStackTrace());
    LOG.error("{}", sentence, where);
    fail(EngineException.fatal(sentence, where));
  }

  /** Handles what is in the inbox, waiting only if there is nothing else to do; false to stop. */
  private boolean takeCommands() throws InterruptedException {
    Command command = inbox.poll();
    if (command == null && engine.isIdle()) {
      engine.heartbeat().rest();
      command = inbox.take();
    }
    engine.heartbeat().beat();
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
    EngineStats now = engine.stats();
    stats = now;
    if (counterFile != null) {
      counterFile.write(now);
    }
    for (RequestState request : engine.takeEnded()) {
      openRequests.remove(request.ticket());
      openCount.decrementAndGet();
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
    // First: a client that sees no outcome and no failure would wait for ever.
    if (end.complete(cause)) {
      clients.values().forEach(QueueClient::wake);
    }
  }
}
