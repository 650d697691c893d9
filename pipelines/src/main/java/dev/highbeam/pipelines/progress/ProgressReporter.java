// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.progress;

import java.io.PrintWriter;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows progress from a thread of its own, so that a slow terminal never holds the job up. The job
 * hands samples over whenever it has one; each tick shows the newest. Closing shows the last state
 * once more and ends the line.
 */
public final class ProgressReporter implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ProgressReporter.class);
  private static final long CLOSE_SECONDS = 2;

  private final ProgressStyle style;
  private final PrintWriter out;
  private final LongSupplier nanoClock;
  private final ProgressMeter meter;
  private final ScheduledExecutorService ticker;
  private volatile ProgressSample newest = ProgressSample.NONE;
  private int shownChars;

  /** A reporter that shows nothing by itself until it is started. */
  public ProgressReporter(ProgressStyle style, PrintWriter out, LongSupplier nanoClock) {
    this.style = style;
    this.out = out;
    this.nanoClock = nanoClock;
    this.meter = new ProgressMeter(nanoClock.getAsLong());
    this.ticker =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "highbeam-progress");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Starts the ticks. */
  public ProgressReporter start() {
    if (style != ProgressStyle.SILENT) {
      long millis = style.interval().toMillis();
      var ticks = ticker.scheduleAtFixedRate(this::tick, millis, millis, TimeUnit.MILLISECONDS);
      LOG.debug("progress ticks every {} ms: {}", millis, ticks);
    }
    return this;
  }

  /** Hands the job's state over; any thread. */
  public void update(ProgressSample sample) {
    newest = sample;
  }

  /** Shows the newest state once. */
  void tick() {
    if (style == ProgressStyle.SILENT) {
      return;
    }
    ProgressView view = meter.view(nanoClock.getAsLong(), newest);
    String line = style == ProgressStyle.JSON ? ProgressText.json(view) : ProgressText.line(view);
    if (style == ProgressStyle.REWRITE) {
      // Spaces wipe the rest of a longer line before; no escape codes, so that any terminal does.
      out.print("\r" + line + " ".repeat(Math.max(0, shownChars - line.length())));
      shownChars = line.length();
    } else {
      out.println(line);
    }
    out.flush();
  }

  @Override
  public void close() {
    ticker.shutdownNow();
    try {
      if (!ticker.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        return; // The terminal is stuck in a tick: a last one would be stuck behind it.
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    tick();
    if (style == ProgressStyle.REWRITE) {
      out.println();
      out.flush();
    }
  }
}
