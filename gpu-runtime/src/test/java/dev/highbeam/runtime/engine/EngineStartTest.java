// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Settings;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class EngineStartTest {

  private final CountDownLatch released = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  private static EngineConfig config(double timeout) {
    return EngineConfig.of(
        Settings.none(EngineSetting.class)
            .with(EngineSetting.MODEL, "m")
            .with(EngineSetting.DEVICE, "cuda:3")
            .with(EngineSetting.STARTUP_TIMEOUT_SECONDS, timeout));
  }

  private RunningEngine fake() {
    EngineFixture fixture = EngineFixture.withPages(64);
    Engine engine = fixture.engine(fixture.executable());
    EngineLoop loop = EngineLoop.start(engine, fixture.info(), Duration.ZERO);
    return new RunningEngine(loop, fixture.info(), new LetterTokenizer(), closed::countDown);
  }

  private RunningEngine slow(EngineConfig config, StartStage stage) {
    stage.enter("loading the weights");
    try {
      released.await();
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts a start", e);
    }
    return fake();
  }

  @Test
  void givenStartThatHangs_await_givesUpAndSaysWhere() throws Exception {
    EngineStart start = EngineStart.begin(config(0.05), this::slow);

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(start::await)
          .isInstanceOf(EngineException.class)
          .hasMessageStartingWith("the engine was still loading the weights after ")
          .hasMessageEndingWith(" (startup_timeout_seconds)")
          .extracting(e -> ((EngineException) e).kind())
          .isEqualTo(EngineException.Kind.FATAL);
    }

    released.countDown();
    closed.await(); // Nobody waits for it any more, so it must not keep the device.
  }

  @Test
  void givenNoLimit_await_waitsAsLongAsItTakes() {
    EngineStart start = EngineStart.begin(config(0), this::slow);
    released.countDown();
    try (RunningEngine engine = start.await()) {
      assertThat(engine.info().model()).isEqualTo("fake");
    }
  }

  @Test
  void givenStartThatFails_await_throwsWhatItThrew() {
    EngineException failure = EngineException.configuration("no such model");
    EngineStart.Starter refuses =
        (config, stage) -> {
          throw failure;
        };
    EngineStart.Starter breaks =
        (config, stage) -> {
          throw new StackOverflowError("deep");
        };
    assertThatThrownBy(EngineStart.begin(config(9), refuses)::await).isSameAs(failure);
    assertThatThrownBy(EngineStart.begin(config(9), breaks)::await)
        .isInstanceOf(StackOverflowError.class);
  }

  @Test
  void givenInterrupt_await_goesOnAndKeepsIt() {
    EngineStart start = EngineStart.begin(config(9), (config, stage) -> fake());
    Thread.currentThread().interrupt();
    try (RunningEngine engine = start.await()) {
      assertThat(Thread.interrupted()).isTrue();
      assertThat(engine.loop().failure()).isNull();
    }
  }

  @Test
  void givenDevice_begin_startsOnAThreadThatSaysSo() {
    EngineStart.Starter starter =
        (config, stage) -> {
          throw EngineException.configuration(Thread.currentThread().getName());
        };
    assertThatThrownBy(EngineStart.begin(config(9), starter)::await)
        .hasMessage("highbeam-start-cuda:3");
  }
}
