// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.EngineInfo;
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
  void givenSeveralSamples_eachCounts_andTheBudgetComesBack() throws InterruptedException {
    try (InflightWindow<String> window = window("samples", 4)) {
      window.submit(request("a", 3), "three");
      assertThat(window.isFull()).isFalse();
      window.submit(request("b", 3), "goes over");
      assertThat(window.isFull()).isTrue();
      window.take();
      window.take();
      window.submit(request("c", 3), "three again");
      assertThat(window.isFull()).isFalse();
    }
  }

  @Test
  void givenLongPrompts_pagesBoundTheWindow_andOneRequestAlwaysFits() throws InterruptedException {
    EngineLease lease = FakeEngine.named("pages").acquire(FakeEngine.config());
    // 31 bytes and the token before them: two pages of 16, and one for the output.
    String prompt = "x".repeat(31);
    try (InflightWindow<String> window =
        new InflightWindow<>(lease.connect(), new InflightBudget(100, 6, 16))) {
      window.submit(request(prompt), "first");
      assertThat(window.isFull()).isFalse();
      window.submit(request(prompt), "second");
      assertThat(window.isFull()).isTrue();
      window.take();
      assertThat(window.isFull()).isFalse();
      window.take();
      window.submit(request("x".repeat(200)), "larger than the budget");
      assertThat(window.isFull()).isTrue();
      assertThat(window.take().pending()).isEqualTo("larger than the budget");
      assertThat(window.isFull()).isFalse();
    }
  }

  @Test
  void givenAnEngine_budgetIsTwiceWhatItRuns_unlessAsked() {
    EngineInfo engine = FakeEngine.named("budget").acquire(FakeEngine.config()).info();
    InflightBudget budget = InflightBudget.of(engine, 0);
    assertThat(budget.sequences()).isEqualTo(2 * engine.maxSequences());
    assertThat(budget.pages()).isEqualTo(2L * engine.pageCount());
    assertThat(InflightBudget.of(engine, 7).sequences()).isEqualTo(7);
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
    return new InflightWindow<>(lease.connect(), new InflightBudget(capacity, 1000, 16));
  }

  private static Request request(String prompt) {
    return request(prompt, 1);
  }

  private static Request request(String prompt, int samples) {
    int[] ids = new ByteTokenizer().encode(prompt, Tokenizer.Specials.ADD);
    SamplingParams sampling =
        SamplingParams.of(Settings.none(SamplingSetting.class).with(SamplingSetting.N, samples));
    return Request.of("id", ids, sampling.withSeed(1));
  }
}
