// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class CoreShareTest {

  private final Properties process = new Properties();

  @Test
  void givenSharesOfAll_onlyOneRunsAtATime() throws InterruptedException {
    assertThat(mostAtOnce(4, 4)).isEqualTo(1);
  }

  @Test
  void givenMoreThreadsThanProcessors_itStillRuns() throws InterruptedException {
    assertThat(mostAtOnce(64, 4)).isEqualTo(1);
  }

  @Test
  void givenSmallShares_asManyRunAsFit() throws InterruptedException {
    CountDownLatch both = new CountDownLatch(2);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      // Each waits inside for the other: they end only if both run at once.
      threads.add(start(new CoreShare(1, 2, process), () -> meet(both)));
    }
    join(threads);
    assertThat(both.getCount()).isZero();
  }

  @Test
  void givenWorkThatFails_itsProcessorsAreFreeAgain() {
    CoreShare share = new CoreShare(2, 2, process);
    assertThatThrownBy(
            () ->
                share.run(
                    () -> {
                      throw new IllegalStateException("broken");
                    }))
        .hasMessage("broken");
    AtomicInteger runs = new AtomicInteger();
    new CoreShare(2, 2, process).run(runs::incrementAndGet);
    assertThat(runs).hasValue(1);
  }

  @Test
  void givenForeignValueInItsPlace_aShareOfItsOwnRuns() {
    process.put("dev.highbeam.runtime.cores", "taken");
    AtomicInteger runs = new AtomicInteger();
    new CoreShare(1, 2, process).run(runs::incrementAndGet);
    assertThat(runs).hasValue(1);
  }

  /** Most of four threads that were inside at once. */
  private int mostAtOnce(int threadsEach, int processors) throws InterruptedException {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      CoreShare share = new CoreShare(threadsEach, processors, process);
      threads.add(
          start(
              share,
              () -> {
                most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                Thread.yield();
                inside.decrementAndGet();
              }));
    }
    join(threads);
    return most.get();
  }

  private static Thread start(CoreShare share, Runnable work) {
    Thread thread =
        new Thread(
            () -> {
              for (int i = 0; i < 200; i++) {
                share.run(work);
              }
            });
    thread.start();
    return thread;
  }

  private static void meet(CountDownLatch both) {
    both.countDown();
    try {
      assertThat(both.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void join(List<Thread> threads) throws InterruptedException {
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
