// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The program of a process that has an engine and nothing else; {@link IsolatedEngine} starts it.
 * It owns its process, so it may end it: when its parent is gone, and when its engine is.
 */
public final class EngineChild {

  /** The exit code of a lost device; it says here that the engine has ended. */
  private static final int ENGINE_ENDED = 70;

  private static final Duration WAIT = Duration.ofMillis(500);
  private static final long GRACE_SECONDS = 4;

  private final EngineLease lease;
  private final EngineClient client;
  private final Wire toParent;

  /** The parent's tickets by the engine's. */
  private final Map<Long, Long> tickets = new ConcurrentHashMap<>();

  private EngineChild(EngineLease lease, Wire toParent) {
    this.lease = lease;
    this.client = lease.connect();
    this.toParent = toParent;
  }

  public static void main(String[] args) throws IOException {
    serve(SharedEngines::acquire);
  }

  /** Serves the parent until it is gone; does not return before. */
  static void serve(EngineProvider provider) throws IOException {
    PrintStream messages = System.out;
    System.setOut(System.err); // Whatever prints must not print into the messages.
    Wire toParent = Wire.to(messages);
    WireReader fromParent = new WireReader(System.in);
    if (!(fromParent.read() instanceof ChildMessage.Start start)) {
      return; // The parent has gone before it said what it wants.
    }
    EngineLease lease;
    try {
      lease = provider.acquire(start.config().isolated(false));
    } catch (EngineException e) {
      end(toParent, e);
      return;
    }
    EngineChild child = new EngineChild(lease, toParent);
    toParent.write(new ChildMessage.Ready(lease.info()));
    Thread outcomes = new Thread(child::tellOutcomes, "highbeam-child-outcomes");
    outcomes.setDaemon(true);
    outcomes.start();
    child.listen(fromParent);
  }

  private void listen(WireReader fromParent) throws IOException {
    ChildMessage message = fromParent.read();
    while (message != null) {
      if (message instanceof ChildMessage.Submit submit) {
        submit(submit);
      } else if (message instanceof ChildMessage.Cancel cancel) {
        cancel(cancel.ticket());
      }
      message = fromParent.read();
    }
    Thread late = new Thread(EngineChild::haltAfterGrace, "highbeam-child-end");
    late.setDaemon(true);
    late.start();
    System.exit(0);
  }

  /** The outcome may be there before the ticket is known, unless nobody looks meanwhile. */
  private void submit(ChildMessage.Submit submit) {
    synchronized (tickets) {
      try {
        tickets.put(client.submit(submit.request()), submit.ticket());
      } catch (EngineException e) {
        // The engine has ended; whoever waits for outcomes says so.
      }
    }
  }

  private void cancel(long ticket) {
    tickets.forEach(
        (own, parents) -> {
          if (parents == ticket) {
            client.cancel(own);
          }
        });
  }

  private void tellOutcomes() {
    try {
      long told = 0;
      while (true) {
        Outcome outcome = client.poll(WAIT);
        if (outcome != null) {
          toParent.write(new ChildMessage.Ended(withParentsTicket(outcome)));
        }
        if (outcome == null || System.nanoTime() - told > WAIT.toNanos()) {
          toParent.write(new ChildMessage.Counters(lease.stats()));
          told = System.nanoTime();
        }
      }
    } catch (EngineException e) {
      end(toParent, e);
    } catch (IOException | InterruptedException e) {
      Runtime.getRuntime().halt(1); // Nobody listens any more.
    }
  }

  private Outcome withParentsTicket(Outcome outcome) {
    long ticket;
    synchronized (tickets) {
      ticket = tickets.remove(outcome.ticket());
    }
    if (outcome instanceof Outcome.Completion done) {
      return new Outcome.Completion(
          ticket, done.samples(), done.promptLogprobs(), done.numericsId());
    }
    Outcome.Rejection refused = (Outcome.Rejection) outcome;
    return new Outcome.Rejection(ticket, refused.code(), refused.message());
  }

  /** Halts: what closes a lost device may wait for it for ever. */
  private static void end(Wire toParent, EngineException failure) {
    try {
      toParent.write(new ChildMessage.Failed(failure.kind(), String.valueOf(failure.getMessage())));
    } catch (IOException e) {
      // The parent has gone first.
    } finally {
      Runtime.getRuntime().halt(ENGINE_ENDED);
    }
  }

  private static void haltAfterGrace() {
    try {
      TimeUnit.SECONDS.sleep(GRACE_SECONDS);
    } catch (InterruptedException e) {
      // Then at once.
    }
    Runtime.getRuntime().halt(1);
  }
}
