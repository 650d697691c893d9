// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Signs of life of an engine's thread: written by it alone, read by its {@link Watchdog}. A thread
 * that waits for work is idle, and its silence means nothing.
 */
final class Heartbeat {

  /** The number of no step: the thread is between two. */
  static final long NO_STEP = 0;

  private final AtomicLong beats = new AtomicLong();
  private volatile long step = NO_STEP;
  private volatile boolean isIdle;

  /** The thread is about to wait for work. */
  void rest() {
    isIdle = true;
  }

  /** The thread does something that is no step. */
  void beat() {
    isIdle = false;
    step = NO_STEP;
    beats.incrementAndGet();
  }

  /** The thread is about to hand a step to the device, or to wait for it; steps count from 1. */
  void enterStep(long number) {
    isIdle = false;
    step = number;
    beats.incrementAndGet();
  }

  boolean isIdle() {
    return isIdle;
  }

  /** Grows with every sign of life. */
  long count() {
    return beats.get();
  }

  /** The step that the thread is in, or {@link #NO_STEP}. */
  long step() {
    return step;
  }
}
