// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.engine.EngineLease;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class InflightWindowTest {

  @Test
  void givenCapacityOfThree_takesThree_refusesTheFourth() throws InterruptedException {
    try (InflightWindow<String> window = window("capacity", 3)) {
      for (String prompt : new String[] {"a", "bb", "ccc"}) {
        assertThat(window.isFull()).isFalse();
        window.submit(request(prompt), prompt);
      }
      assertThat(window.isFull()).isTrue();
      assertThatThrownBy(() -> window.submit(request("d"), "d"))
          .isInstanceOf(IllegalStateException.class);
      Set<String> taken = new HashSet<>();
      while (!window.isEmpty()) {
        taken.add(window.take().pending());
      }
      assertThat(taken).containsExactlyInAnyOrder("a", "bb", "ccc");
      assertThat(window.poll()).isNull();
    }
  }

  @Test
  void givenStuckRequest_othersPassIt_inTheOrderTheyFinish() throws InterruptedException {
    try (InflightWindow<String> window = window("passing", 3)) {
      window.submit(request(FakeEngine.STUCK), "stuck");
      window.submit(request("a"), "short");
      assertThat(window.take().pending()).isEqualTo("short");
      assertThat(window.poll()).isNull();
      assertThat(window.isEmpty()).isFalse();
    }
  }

  @Test
  void givenCloseFromAnotherThread_takeEnds_withAnException() throws InterruptedException {
    InflightWindow<String> window = window("closing", 3);
    window.submit(request(FakeEngine.STUCK), "stuck");
    CountDownLatch waiting = new CountDownLatch(1);
    Thread closer =
        new Thread(
            null,
            () -> {
              try {
                waiting.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              window.close();
              window.close();
            },
            "closer");
    closer.start();
    waiting.countDown();
    assertThatThrownBy(window::take)
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("given up");
    closer.join();
  }

  @Test
  void givenInterruptedThread_takeEnds_withInterruptedException() {
    try (InflightWindow<String> window = window("interrupt", 1)) {
      window.submit(request(FakeEngine.STUCK), "stuck");
      Thread.currentThread().interrupt();
      assertThatThrownBy(window::take).isInstanceOf(InterruptedException.class);
    }
  }

  private static InflightWindow<String> window(String name, int capacity) {
    EngineLease lease = FakeEngine.named(name).acquire(FakeEngine.config());
    return new InflightWindow<>(lease.connect(), capacity);
  }

  private static Request request(String prompt) {
    int[] ids = new ByteTokenizer().encode(prompt, Tokenizer.Specials.ADD);
    return Request.of("id", ids, SamplingParams.DEFAULTS.withSeed(1));
  }
}
