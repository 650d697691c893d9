// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class OnceMapTest {

  private final OnceMap<String, Integer> map = new OnceMap<>();
  private final AtomicInteger made = new AtomicInteger();

  @Test
  void S0_9_givenManyThreads_get_makesTheValueOnce() throws Exception {
    List<Integer> values = Threads.together(16, i -> map.get("key", made::incrementAndGet));

    assertThat(values).containsOnly(1);
    assertThat(map.get("other", made::incrementAndGet)).isEqualTo(2);
  }

  @Test
  void givenAFailure_get_reachesAllWhoWaitedAndIsForgotten() throws Exception {
    // The maker fails only after the others have had every chance to arrive.
    CountDownLatch arrived = new CountDownLatch(4);
    List<String> messages =
        Threads.together(
            4,
            i -> {
              arrived.countDown();
              try {
                map.get(
                    "key",
                    () -> {
                      await(arrived);
                      throw new IllegalStateException("no " + made.incrementAndGet());
                    });
                return "made";
              } catch (IllegalStateException e) {
                return e.getMessage();
              }
            });

    assertThat(messages).allMatch(message -> message.startsWith("no "));
    assertThat(map.peek("key")).isEmpty();
    assertThat(map.get("key", () -> 7)).isEqualTo(7);
  }

  @Test
  void givenAnError_get_reachesTheMakerAsItIs() {
    assertThatThrownBy(
            () ->
                map.get(
                    "key",
                    () -> {
                      throw new OutOfMemoryError("test");
                    }))
        .isInstanceOf(OutOfMemoryError.class);
    assertThat(map.peek("key")).isEmpty();
  }

  @Test
  void givenASharedValue_share_makesItAnewOnceItIsDone() {
    assertThat(map.share("key", made::incrementAndGet)).isEqualTo(1);
    assertThat(map.peek("key")).isEmpty();
    assertThat(map.share("key", made::incrementAndGet)).isEqualTo(2);
  }

  @Test
  void givenKeysOfAKind_removeAll_returnsTheirValuesOnly() {
    map.put("a1", 1);
    map.put("a2", 2);
    map.put("b1", 3);

    assertThat(map.removeAll(key -> key.startsWith("a"))).containsExactlyInAnyOrder(1, 2);
    assertThat(map.values()).containsExactly(3);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
