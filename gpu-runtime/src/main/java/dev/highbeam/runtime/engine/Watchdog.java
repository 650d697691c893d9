// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A thread that watches an engine's thread for as long as that lives, and tells once when it hangs.
 * It is started together with the thread it watches, so no engine runs without it.
 */
final class Watchdog {

  private static final Duration LONGEST_INTERVAL = Duration.ofSeconds(1);
  private static final int LOOKS_PER_LIMIT = 4;

  private final Thread watched;
  private final HangDetector detector;
  private final Duration interval;
  private final Consumer<String> onHang;

  private Watchdog(
      Thread watched, HangDetector detector, Duration interval, Consumer<String> onHang) {
    this.watched = watched;
    this.detector = detector;
    this.interval = interval;
    this.onHang = onHang;
  }

  /**
   * Starts watching a thread that runs already; does nothing if the limit is zero.
   *
   * @param onHang gets one sentence; called at most once, on the watchdog's thread
   */
  static void watch(
      Thread watched,
      Heartbeat heartbeat,
      Supplier<String> currentOp,
      Duration limit,
      Consumer<String> onHang) {
    if (limit.isZero()) {
      return;
    }
    Duration interval = limit.dividedBy(LOOKS_PER_LIMIT);
    if (interval.compareTo(LONGEST_INTERVAL) > 0) {
      interval = LONGEST_INTERVAL;
    }
    HangDetector detector = new HangDetector(heartbeat, currentOp, limit, interval);
    Watchdog watchdog = new Watchdog(watched, detector, interval, onHang);
    Thread thread = new Thread(watchdog::run, watched.getName() + "-watchdog");
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      while (watched.isAlive()) {
        String hang = detector.look(System.nanoTime());
        if (hang != null) {
          onHang.accept(hang);
          return;
        }
        watched.join(Math.max(1, interval.toMillis()));
      }
    } catch (InterruptedException e) {
      // Nobody but a debugger interrupts this thread; the engine then runs on unwatched.
      Thread.currentThread().interrupt();
    }
  }
}
