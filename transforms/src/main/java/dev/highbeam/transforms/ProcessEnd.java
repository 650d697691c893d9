// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.runtime.api.EngineException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds up the end of this process (SIGTERM, SIGINT) until those who have open work have saved it.
 * They ask every now and then; the JVM waits for them in a shutdown hook, which is there only while
 * there is open work, because on a cluster the process outlives this class. Safe from any thread.
 */
final class ProcessEnd {

  private static final Logger LOG = LoggerFactory.getLogger(ProcessEnd.class);

  /** Flink's workers end five seconds after their signal, whatever still runs. */
  private static final Duration PATIENCE = Duration.ofSeconds(4);

  private static final ProcessEnd OF_THIS_PROCESS = new ProcessEnd();

  private final Set<Object> open = new HashSet<>();
  private final Thread hook = new Thread(this::waitForOpen, "highbeam-save-open-work");
  private boolean isEnding;
  private boolean isHooked;

  private ProcessEnd() {}

  static ProcessEnd ofThisProcess() {
    return OF_THIS_PROCESS;
  }

  /**
   * Somebody begins work that must be saved at the end.
   *
   * @throws EngineException if the process is about to end
   */
  synchronized void begin(Object worker) {
    throwIfEnding();
    if (!isHooked) {
      try {
        Runtime.getRuntime().addShutdownHook(hook);
        isHooked = true;
      } catch (IllegalStateException e) {
        isEnding = true; // Nobody can join any more.
        throwIfEnding();
      }
    }
    open.add(worker);
  }

  /** All work of this one is saved. */
  synchronized void saved(Object worker) {
    if (open.remove(worker)) {
      notifyAll();
    }
    if (open.isEmpty() && isHooked && !isEnding) {
      try {
        isHooked = !Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        LOG.debug("the process ends already", e);
      }
    }
  }

  /** Ends the work of whoever asks, when the process is about to end. */
  synchronized void throwIfEnding() {
    if (isEnding) {
      throw EngineException.retryable("the process is told to end", null);
    }
  }

  private synchronized void waitForOpen() {
    isEnding = true;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      for (long left = 1; !open.isEmpty() && left > 0; left = deadline - System.nanoTime()) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
