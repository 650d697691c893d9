// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import java.util.Properties;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * The processors that a backend computes on. All backends of a process take them from one stock, a
 * step at a time and in turn, so that engines beside each other never run more threads than there
 * are processors (those of the container, if it has fewer). Threads that wait sleep.
 */
final class CoreShare {

  /**
   * The stock is a class of the JDK in a place of the JDK, because jobs on one Flink cluster may
   * each have classes of their own.
   */
  private static final String STOCK = "dev.highbeam.runtime.cores";

  private final Semaphore stock;
  private final int wanted;

  /** A share of so many processors, or of all if there are fewer. */
  CoreShare(int threads) {
    this(threads, Runtime.getRuntime().availableProcessors(), System.getProperties());
  }

  /** As {@link #CoreShare(int)}, of so many processors, whose stock is among these properties. */
  CoreShare(int threads, int processors, Properties properties) {
    Object shared = properties.computeIfAbsent(STOCK, key -> new Semaphore(processors, true));
    stock = shared instanceof Semaphore semaphore ? semaphore : new Semaphore(processors, true);
    wanted = Math.min(threads, processors);
  }

  /** As {@link #run}, with a result. */
  <T> T get(Supplier<T> work) {
    stock.acquireUninterruptibly(wanted);
    try {
      return work.get();
    } finally {
      stock.release(wanted);
    }
  }

  /** Runs it when that many processors are free. Not to be nested. */
  void run(Runnable work) {
    stock.acquireUninterruptibly(wanted);
    try {
      work.run();
    } finally {
      stock.release(wanted);
    }
  }
}
