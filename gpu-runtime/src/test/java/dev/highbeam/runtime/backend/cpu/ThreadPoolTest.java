// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class ThreadPoolTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void givenLoops_run_runsEachIndexOnce(int threads) {
    try (ThreadPool pool = new ThreadPool(threads)) {
      assertThat(pool.threads()).isEqualTo(threads);
      for (int count : new int[] {0, 1, 2, 3, 7, 1000}) {
        AtomicIntegerArray runs = new AtomicIntegerArray(count);
        AtomicInteger strangers = new AtomicInteger();
        pool.run(
            count,
            (index, worker) -> {
              runs.incrementAndGet(index);
              if (worker < 0 || worker >= threads) {
                strangers.incrementAndGet();
              }
            });
        assertThat(strangers).hasValue(0);
        for (int i = 0; i < count; i++) {
          assertThat(runs.get(i)).as("index %d of %d", i, count).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void givenManySmallLoops_run_neverMixesThem() {
    int[] scratch = new int[5];
    try (ThreadPool pool = new ThreadPool(3)) {
      for (int loop = 1; loop <= 20_000; loop++) {
        int count = 2 + loop % 4;
        int value = loop;
        pool.run(count, (index, worker) -> scratch[index] = value);
        for (int i = 0; i < count; i++) {
          assertThat(scratch[i]).isEqualTo(loop);
        }
      }
    }
  }

  @Test
  void givenThrowingTask_run_throwsItAndGoesOnAfterwards() {
    try (ThreadPool pool = new ThreadPool(2)) {
      for (int culprit : new int[] {0, 50, 99}) {
        assertThatThrownBy(
                () ->
                    pool.run(
                        100,
                        (index, worker) -> {
                          if (index == culprit) {
                            throw new IllegalStateException("index " + index);
                          }
                        }))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("index " + culprit);
        AtomicInteger runs = new AtomicInteger();
        pool.run(100, (index, worker) -> runs.incrementAndGet());
        assertThat(runs).hasValue(100);
      }
      assertThatThrownBy(
              () ->
                  pool.run(
                      4,
                      (index, worker) -> {
                        throw new AssertionError("all");
                      }))
          .isInstanceOf(AssertionError.class);
    }
  }

  @Test
  void givenSleepingWorkers_run_wakesThem() throws InterruptedException {
    try (ThreadPool pool = new ThreadPool(2)) {
      for (int round = 0; round < 3; round++) {
        for (Thread worker : pool.workers()) {
          while (worker.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
          }
        }
        // Each of two indices waits for the other, so one thread alone could never end the loop.
        AtomicInteger arrived = new AtomicInteger();
        pool.run(
            2,
            (index, worker) -> {
              arrived.incrementAndGet();
              while (arrived.get() < 2) {
                Thread.onSpinWait();
              }
            });
        assertThat(arrived).hasValue(2);
      }
    }
  }

  @Test
  void givenPool_close_endsItsThreads() throws InterruptedException {
    ThreadPool pool = new ThreadPool(4);
    List<Thread> workers = pool.workers();
    assertThat(workers).hasSize(3).allMatch(Thread::isDaemon);
    pool.close();
    for (Thread worker : workers) {
      worker.join();
    }
    assertThat(workers).noneMatch(Thread::isAlive);
  }
}
