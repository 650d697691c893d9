// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Runs the same thing on many threads that all begin at the same moment. */
final class Threads {

  private Threads() {}

  /** The results, in the order of the threads' numbers from 0. */
  static <T> List<T> together(int count, IntFunction<T> body) throws Exception {
    ExecutorService pool =
        Executors.newFixedThreadPool(count, task -> new Thread(task, "together"));
    try {
      CyclicBarrier start = new CyclicBarrier(count);
      List<Callable<T>> tasks = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int number = i;
        tasks.add(
            () -> {
              start.await(30, TimeUnit.SECONDS);
              return body.apply(number);
            });
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : pool.invokeAll(tasks, 60, TimeUnit.SECONDS)) {
        results.add(future.get());
      }
      return results;
    } finally {
      pool.shutdownNow();
    }
  }
}
