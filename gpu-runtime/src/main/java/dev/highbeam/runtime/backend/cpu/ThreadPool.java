// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs loops in parallel on persistent daemon threads; the calling thread takes part as worker 0.
 * One caller at a time (the engine's thread), no nesting, no allocation per loop.
 *
 * <p>Indices are claimed one by one from one word that holds (loop number, indices left). A worker
 * that wakes late finds nothing left and goes back to sleep: the caller waits for the indices,
 * never for the workers, so that a loaded machine costs no more than the help that did not come.
 */
final class ThreadPool implements AutoCloseable {

  /** The body of a loop. Worker is from 0 to {@link #threads} - 1, for scratch memory. */
  interface Task {
    void run(int index, int worker);
  }

  /** About 50 microseconds: longer than the gaps inside a step, shorter than those between jobs. */
  private static final int SPINS = 2_000;

  private final Thread[] workers;
  private final AtomicIntegerArray parked;

  /** Loop number in the upper half, indices not yet claimed in the lower. */
  private final AtomicLong state = new AtomicLong();

  private final AtomicInteger unfinished = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile @Nullable Thread waiter;
  private volatile boolean closed;

  // Written before state is published, read between reading and claiming from the same state.
  private @Nullable Task task;
  private int count;

  /** A pool of so many threads, the caller's included. */
  ThreadPool(int threads) {
    workers = new Thread[threads - 1];
    parked = new AtomicIntegerArray(threads);
    for (int i = 0; i < workers.length; i++) {
      int worker = i + 1;
      workers[i] = new Thread(() -> serve(worker), "highbeam-cpu-" + worker);
      workers[i].setDaemon(true);
      workers[i].start();
    }
  }

  /** Threads that run a loop, the caller's included. */
  int threads() {
    return workers.length + 1;
  }

  /** Runs the task for each index below count and returns when all are done. */
  void run(int indices, Task body) {
    if (workers.length == 0 || indices <= 1) {
      for (int i = 0; i < indices; i++) {
        body.run(i, 0);
      }
      return;
    }
    task = body;
    count = indices;
    unfinished.set(indices);
    state.set(((state.get() >>> 32) + 1) << 32 | indices);
    wake(Math.min(workers.length, indices - 1));
    work(0);
    awaitAll();
    Throwable thrown = failure.getAndSet(null);
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown instanceof RuntimeException exception) {
      throw exception;
    }
  }

  /** The threads beside the caller; for tests. */
  List<Thread> workers() {
    return List.of(workers);
  }

  /** Ends the threads; the pool must be idle. */
  @Override
  public void close() {
    closed = true;
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
    }
  }

  private void wake(int wanted) {
    for (int i = 0; i < wanted; i++) {
      if (parked.compareAndSet(i + 1, 1, 0)) {
        LockSupport.unpark(workers[i]);
      }
    }
  }

  private void serve(int worker) {
    int spins = 0;
    while (!closed) {
      if ((int) state.get() != 0) {
        work(worker);
        spins = 0;
      } else if (spins < SPINS) {
        spins++;
        Thread.onSpinWait();
      } else {
        parked.set(worker, 1);
        // Looks again after the announcement: a loop published in between saw nobody to wake.
        if ((int) state.get() == 0 && !closed) {
          LockSupport.park(this);
        }
        parked.set(worker, 0);
        spins = 0;
      }
    }
  }

  private void work(int worker) {
    while (true) {
      long seen = state.get();
      int left = (int) seen;
      if (left == 0) {
        return;
      }
      Task body = task;
      int index = count - left;
      // Success means that the loop of this state was still running when its fields were read.
      if (state.compareAndSet(seen, seen - 1)) {
        execute(body, index, worker);
      }
    }
  }

  private void execute(@Nullable Task body, int index, int worker) {
    try {
      if (body != null && failure.get() == null) {
        body.run(index, worker);
      }
    } catch (RuntimeException | Error e) {
      failure.compareAndSet(null, e);
    } finally {
      if (unfinished.decrementAndGet() == 0) {
        LockSupport.unpark(waiter);
      }
    }
  }

  private void awaitAll() {
    int spins = 0;
    while (unfinished.get() > 0) {
      if (spins < SPINS) {
        spins++;
        Thread.onSpinWait();
      } else {
        waiter = Thread.currentThread();
        if (unfinished.get() > 0) {
          LockSupport.park(this);
        }
        waiter = null;
      }
    }
  }
}
