// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import dev.highbeam.pipelines.job.ExitCode;
import dev.highbeam.runtime.api.EngineException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Ends this process when a device is lost. The job gets a moment to fail by itself and write its
 * record; then the process ends with 70, whatever still runs. It is halted, not exited: shutdown
 * hooks and native libraries may wait for the device, and would wait for ever.
 */
final class FatalExit implements Consumer<EngineException> {

  /** With the time to notice and to end, less than five seconds in all. */
  static final Duration GRACE = Duration.ofSeconds(4);

  private final PrintWriter err;
  private final AtomicBoolean isArmed = new AtomicBoolean();

  FatalExit(PrintWriter err) {
    this.err = err;
  }

  /** Learns that a device is lost; returns at once. */
  @Override
  public void accept(EngineException failure) {
    if (isArmed.compareAndSet(false, true)) {
      Thread thread = new Thread(() -> endAfterGrace(failure), "highbeam-fatal-exit");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void endAfterGrace(EngineException failure) {
    try {
      Thread.sleep(GRACE.toMillis());
    } catch (InterruptedException e) {
      // Whoever wants this thread to stop wants the process to end.
    }
    err.println("highbeam: " + failure.getMessage() + "; the job did not end by itself");
    err.flush();
    now();
  }

  /** Ends the process at once. */
  static void now() {
    Runtime.getRuntime().halt(ExitCode.FATAL_DEVICE.number());
  }
}
