// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.model.ModelFolder;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An engine in a process of its own, so that a request may end that process and no other. When it
 * ends, a new one is started, and {@link Trials} decides what runs in it; whoever is convicted ends
 * in a rejection with code POISON. Each process proves its device before it takes a request, so a
 * device that is lost for good is the engine's failure and no request's.
 *
 * <p>One thread owns all state; callers and the child's reader put events into its inbox.
 */
final class IsolatedEngine implements ServingEngine, ClientHost {

  private static final Logger LOG = LoggerFactory.getLogger(IsolatedEngine.class);

  /** So many convicted, and none served in between: then it is not they who are at fault. */
  private static final int MOST_CONVICTED_IN_A_ROW = 16;

  /** So many ends of idle processes, and no request served in between, end the engine. */
  private static final int MOST_IDLE_ENDS = 3;

  private final EngineConfig config;
  private final List<String> command;
  private final Tokenizer tokenizer;
  private final Thread thread = new Thread(this::run, "highbeam-isolated-engine");
  private final LinkedBlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
  private final Map<Integer, QueueClient> clients = new ConcurrentHashMap<>();
  private final Map<Long, Open> open = new ConcurrentHashMap<>();
  private final CompletableFuture<EngineInfo> ready = new CompletableFuture<>();
  private final CompletableFuture<EngineException> end = new CompletableFuture<>();
  private volatile @Nullable EngineStats stats;

  // All below belongs to the thread.
  private @Nullable Trials trials;
  private @Nullable ChildProcess child;
  private boolean isChildReady;
  private ChildMessage.@Nullable Failed lastWords;
  private @Nullable EngineStats earlierStats;
  private int convictedInARow;
  private int idleEnds;

  /** A request that has not ended. */
  private record Open(int client, Request request) {}

  private IsolatedEngine(EngineConfig config, List<String> command, Tokenizer tokenizer) {
    this.config = config;
    this.command = command;
    this.tokenizer = tokenizer;
    thread.setDaemon(true);
  }

  /**
   * Starts a process and waits until its engine runs.
   *
   * @param command starts {@link EngineChild} or a program like it
   * @throws EngineException the child's, if its engine cannot start
   */
  static IsolatedEngine start(EngineConfig config, List<String> command) {
    Tokenizer tokenizer = ModelCheck.tokenizer(ModelFolder.open(Path.of(config.model())));
    IsolatedEngine engine = new IsolatedEngine(config, command, tokenizer);
    engine.thread.start();
    engine.inbox.add(engine::startChild);
    try {
      engine.ready.join();
      return engine;
    } catch (CompletionException e) {
      throw e.getCause() instanceof EngineException cause ? EngineFailures.again(cause) : e;
    }
  }

  @Override
  public EngineClient connect() {
    return QueueClient.of(List.of(this));
  }

  @Override
  public EngineInfo info() {
    return ready.join();
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public EngineStats stats() {
    EngineStats known = stats;
    return known == null ? EngineStats.NONE : known;
  }

  @Override
  public @Nullable EngineException failure() {
    return end.getNow(null);
  }

  @Override
  public void onEnd(Consumer<EngineException> listener) {
    var unused = end.thenAccept(listener);
  }

  @Override
  public void join(QueueClient client) {
    clients.put(client.number(), client);
  }

  @Override
  public int openCount() {
    return open.size();
  }

  @Override
  public long submit(int client, Request request) {
    EngineException cause = failure();
    if (cause != null) {
      throw EngineFailures.again(cause);
    }
    long ticket = NEXT_TICKET.incrementAndGet();
    open.put(ticket, new Open(client, request));
    inbox.add(
        () -> {
          if (trials != null) {
            trials.add(ticket);
          }
        });
    return ticket;
  }

  @Override
  public void cancel(long ticket) {
    inbox.add(() -> giveUp(ticket));
  }

  @Override
  public void leave(int client) {
    clients.remove(client);
    inbox.add(
        () ->
            open.forEach(
                (ticket, request) -> {
                  if (request.client() == client) {
                    giveUp(ticket);
                  }
                }));
  }

  @Override
  public void close() {
    inbox.add(() -> fail(EngineException.retryable("the engine was stopped", null)));
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
      while (failure() == null) {
        inbox.take().run();
        if (inbox.isEmpty()) {
          feed();
        }
      }
    } catch (InterruptedException e) {
      fail(EngineException.retryable("the engine's thread was interrupted", e));
    } catch (EngineException e) {
      fail(e);
    } catch (RuntimeException | Error e) {
      LOG.error("The thread of an engine's process failed", e);
      fail(EngineException.fatal("the engine failed: " + e, e));
    } finally {
      if (child != null) {
        child.close();
      }
    }
  }

  private void startChild() {
    isChildReady = false;
    lastWords = null;
    child =
        ChildProcess.start(
            command,
            config,
            new ChildProcess.Listener() {
              @Override
              public void told(ChildProcess from, ChildMessage message) {
                inbox.add(() -> onMessage(from, message));
              }

              @Override
              public void ended(ChildProcess from, ChildProcess.End how) {
                inbox.add(() -> onChildEnded(from, how));
              }
            });
  }

  private void onMessage(ChildProcess from, ChildMessage message) {
    if (from != child) {
      return;
    }
    if (message instanceof ChildMessage.Ready told) {
      isChildReady = true;
      if (trials == null) {
        // A few more than run at once, so that none waits for the next message.
        trials = new Trials(told.info().maxSequences() + told.info().maxSequences() / 8 + 1);
        ready.complete(told.info());
      }
    } else if (message instanceof ChildMessage.Ended told) {
      end(told.outcome());
    } else if (message instanceof ChildMessage.Counters told) {
      stats = earlierStats == null ? told.stats() : earlierStats.plus(told.stats());
    } else if (message instanceof ChildMessage.Failed told) {
      lastWords = told;
    }
  }

  private void onChildEnded(ChildProcess from, ChildProcess.End how) {
    if (from != child) {
      return;
    }
    from.close();
    child = null;
    ChildMessage.Failed words = lastWords;
    String why = words == null ? how.words() : words.message();
    if (trials == null || !isChildReady) {
      fail(cannotStart(words, how.words()));
      return;
    }
    EngineStats last = stats;
    earlierStats = last == null ? null : last.ended();
    idleEnds += trials.isIdle() ? 1 : 0;
    LOG.warn("The engine's process has ended, and a new one is started: {}", why);
    for (long ticket : trials.processEnded(how.isKilled())) {
      convictedInARow++;
      end(
          new Outcome.Rejection(
              ticket,
              RejectionCode.POISON,
              "the request ended the engine's process again and again, and alone: " + why));
    }
    if (convictedInARow >= MOST_CONVICTED_IN_A_ROW || idleEnds >= MOST_IDLE_ENDS) {
      fail(EngineException.fatal("the engine's process ends again and again: " + why, null));
      return;
    }
    startChild();
  }

  private static EngineException cannotStart(ChildMessage.@Nullable Failed words, String how) {
    if (words == null) {
      return EngineException.retryable(
          "the engine's process " + how + " before it was ready; it says more above", null);
    }
    return switch (words.kind()) {
      case CONFIGURATION -> EngineException.configuration(words.message());
      case RETRYABLE -> EngineException.retryable(words.message(), null);
      case FATAL -> EngineException.fatal(words.message(), null);
    };
  }

  /** Hands over what may run now. */
  private void feed() {
    if (trials == null || child == null || !isChildReady) {
      return;
    }
    for (long ticket : trials.next()) {
      Open next = open.get(ticket);
      if (next != null) {
        child.send(new ChildMessage.Submit(ticket, next.request()));
      }
    }
  }

  private void giveUp(long ticket) {
    if (trials == null || !open.containsKey(ticket)) {
      return;
    }
    if (trials.isRunning(ticket) && child != null) {
      child.send(new ChildMessage.Cancel(ticket));
    } else {
      end(
          new Outcome.Rejection(
              ticket,
              RejectionCode.CANCELLED,
              "the request was given up before it was done after 0 tokens"));
    }
  }

  private void end(Outcome outcome) {
    Open ended = open.remove(outcome.ticket());
    if (trials != null) {
      trials.remove(outcome.ticket());
    }
    if (outcome instanceof Outcome.Completion) {
      convictedInARow = 0;
      idleEnds = 0;
    }
    QueueClient client = ended == null ? null : clients.get(ended.client());
    if (client != null) {
      client.offer(outcome);
    }
  }

  private void fail(EngineException cause) {
    if (end.complete(cause)) {
      ready.completeExceptionally(cause);
      clients.values().forEach(QueueClient::wake);
    }
  }
}
