// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.time.Duration;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides from looks at a {@link Heartbeat} whether an engine hangs: it is not idle, and for the
 * whole limit neither did its thread go on nor the device reach another op. So the limit bounds an
 * op, not a step, and a slow device with long steps is left alone. Used by one thread.
 */
final class HangDetector {

  private final Heartbeat heartbeat;
  private final Supplier<String> currentOp;
  private final Duration limit;
  private final long mostNanosPerLook;
  private long lastLook;
  private long lastCount = -1;
  private String lastOp = "";
  private long silentNanos;

  /**
   * A detector that has seen nothing yet.
   *
   * @param currentOp the op that the device is in; callable from any thread
   * @param limit silence after which the engine hangs
   * @param interval time between two looks
   */
  HangDetector(Heartbeat heartbeat, Supplier<String> currentOp, Duration limit, Duration interval) {
    this.heartbeat = heartbeat;
    this.currentOp = currentOp;
    this.limit = limit;
    // A process that was stopped for an hour, or a machine that slept, did not hang for an hour.
    this.mostNanosPerLook = 2 * interval.toNanos();
  }

  /** What hangs, as one sentence, or null; the time is that of {@link System#nanoTime}. */
  @Nullable String look(long nowNanos) {
    long passed = Math.min(nowNanos - lastLook, mostNanosPerLook);
    long count = heartbeat.count();
    String op = currentOp.get();
    boolean isAlive = heartbeat.isIdle() || count != lastCount || !op.equals(lastOp);
    lastLook = nowNanos;
    lastCount = count;
    lastOp = op;
    silentNanos = isAlive ? 0 : silentNanos + passed;
    return silentNanos < limit.toNanos() ? null : sentence(op);
  }

  private String sentence(String op) {
    long step = heartbeat.step();
    String where =
        step == Heartbeat.NO_STEP
            ? "the engine's thread hangs between two steps"
            : "step " + step + " hangs in op '" + op + "'";
    return String.format(
        Locale.ROOT,
        "%s: no sign of life for %s s (step_timeout_seconds)",
        where,
        plain(limit.toMillis() / 1e3));
  }

  /** Without the decimals of a whole number. */
  private static String plain(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
