// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The start of one engine, on a thread of its own: a driver that hangs never comes back, so whoever
 * waits must be able to leave. An engine that is ready only after that is closed again.
 */
final class EngineStart {

  private static final Logger LOG = LoggerFactory.getLogger(EngineStart.class);
  private static final Duration REPORT_INTERVAL = Duration.ofSeconds(30);

  /** Makes an engine; slow. */
  @FunctionalInterface
  interface Starter {
    RunningEngine start(EngineConfig config, StartStage stage);
  }

  private final EngineConfig config;
  private final StartStage stage = new StartStage();
  private final CompletableFuture<RunningEngine> engine = new CompletableFuture<>();
  private final long beginNanos = System.nanoTime();

  private EngineStart(EngineConfig config) {
    this.config = config;
  }

  /** Begins to start the engine of a configuration and returns at once. */
  static EngineStart begin(EngineConfig config, Starter starter) {
    EngineStart start = new EngineStart(config);
    Thread thread = new Thread(() -> start.run(starter), "highbeam-start-" + config.device());
    thread.setDaemon(true);
    thread.start();
    return start;
  }

  @SuppressWarnings("CatchingUnchecked") // Whatever ends this thread must reach who waits.
  private void run(Starter starter) {
    try {
      RunningEngine started = starter.start(config, stage);
      if (!engine.complete(started)) {
        started.close();
      }
    } catch (RuntimeException | Error e) {
      engine.completeExceptionally(e);
    }
  }

  /**
   * Waits for the engine.
   *
   * @throws EngineException what the start has thrown; fatal, if it takes longer than
   *     startup_timeout_seconds
   */
  RunningEngine await() {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return engine.get(nextWaitNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
          reportOrGiveUp();
        } catch (InterruptedException e) {
          // The start goes on, and others wait for it too.
          interrupted = true;
        } catch (ExecutionException e) {
          throw unwrapped(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Nobody will ask for the engine; one that comes all the same is closed. Harmless afterwards. */
  void abandon() {
    engine.completeExceptionally(EngineException.retryable("the start was given up", null));
  }

  private long nextWaitNanos() {
    long report = REPORT_INTERVAL.toNanos();
    Duration limit = config.startupTimeout();
    return limit.isZero() ? report : Math.min(report, Math.max(1, limit.toNanos() - passed()));
  }

  private void reportOrGiveUp() {
    Duration limit = config.startupTimeout();
    if (limit.isZero() || passed() < limit.toNanos()) {
      LOG.info("The engine is still {} after {} s", stage.doing(), passed() / 1_000_000_000);
      return;
    }
    // The next turn of the loop throws it, or takes an engine that came at the last moment.
    engine.completeExceptionally(
        EngineException.fatal(
            String.format(
                Locale.ROOT,
                "the engine was still %s after %.0f s (startup_timeout_seconds)",
                stage.doing(),
                Math.ceil(passed() / 1e9)),
            null));
  }

  private long passed() {
    return System.nanoTime() - beginNanos;
  }

  private static RuntimeException unwrapped(ExecutionException e) {
    Throwable cause = e.getCause();
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException runtime ? runtime : new IllegalStateException(cause);
  }
}
