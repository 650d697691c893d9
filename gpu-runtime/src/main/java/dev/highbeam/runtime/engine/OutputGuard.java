// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Counts degenerate requests, and suspects the device when more than one in twenty of the last ones
 * were. A device that passed its test is left alone for a while: small models loop a lot, and a
 * test costs a few milliseconds. Used by the engine's thread.
 */
final class OutputGuard {

  /** Fewer requests prove nothing. */
  static final int LEAST_REQUESTS = 20;

  /** After so many requests the window begins anew. */
  static final int MOST_REQUESTS = 200;

  /** One in so many may be degenerate. */
  private static final int ONE_IN = 20;

  static final Duration PAUSE = Duration.ofSeconds(10);

  /** What can be wrong with an ended request. */
  enum Fault {
    NON_FINITE,
    UNIFORM,
    REPEATING
  }

  private DegenerateCounts counts = DegenerateCounts.NONE;
  private int requests;
  private int degenerate;
  private boolean wasTested;
  private long testedAtNanos;

  /**
   * Takes an ended request over.
   *
   * @param fault what was wrong with it, or null
   * @param nowNanos the time of {@link System#nanoTime}
   * @return whether the device has to be tested now
   */
  boolean count(@Nullable Fault fault, long nowNanos) {
    if (requests == MOST_REQUESTS) {
      beginWindow();
    }
    requests++;
    if (fault != null) {
      degenerate++;
      counts = counts.plus(one(fault));
    }
    boolean isSuspect = requests >= LEAST_REQUESTS && degenerate * ONE_IN > requests;
    boolean mayTest = !wasTested || nowNanos - testedAtNanos >= PAUSE.toNanos();
    return isSuspect && mayTest;
  }

  /** The device was tested: a new window begins. */
  void tested(long nowNanos) {
    wasTested = true;
    testedAtNanos = nowNanos;
    counts = counts.plus(new DegenerateCounts(0, 0, 0, 1));
    beginWindow();
  }

  private void beginWindow() {
    requests = 0;
    degenerate = 0;
  }

  /** The window in words, for the sentence about a device that failed its test. */
  String describe() {
    return degenerate + " of the last " + requests + " requests";
  }

  DegenerateCounts counts() {
    return counts;
  }

  private static DegenerateCounts one(Fault fault) {
    return switch (fault) {
      case NON_FINITE -> new DegenerateCounts(1, 0, 0, 0);
      case UNIFORM -> new DegenerateCounts(0, 1, 0, 0);
      case REPEATING -> new DegenerateCounts(0, 0, 1, 0);
    };
  }
}
