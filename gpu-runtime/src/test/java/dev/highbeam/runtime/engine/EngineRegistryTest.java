// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class EngineRegistryTest {

  private final AtomicInteger starts = new AtomicInteger();
  private final AtomicInteger closes = new AtomicInteger();
  private final List<FakeExecutable> executables = new CopyOnWriteArrayList<>();
  private final List<Runnable> lingering = new ArrayList<>();
  private volatile RuntimeException nextStartFails;
  private final List<String> lost = new CopyOnWriteArrayList<>();
  private final EngineRegistry registry =
      new EngineRegistry(this::start, lingering::add, e -> lost.add(e.getMessage()));

  @AfterEach
  void stopAll() {
    registry.closeAll();
  }

  @Test
  void givenSixteenThreads_startsOneEngineForAll() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      List<Callable<EngineLease>> jobs =
          IntStream.range(0, 16)
              .<Callable<EngineLease>>mapToObj(i -> () -> registry.acquire(config("m")))
              .toList();
      for (Future<EngineLease> lease : threads.invokeAll(jobs)) {
        assertThat(lease.get().info().model()).isEqualTo("fake");
      }
    } finally {
      threads.shutdown();
    }
    assertThat(starts).hasValue(1);
  }

  @Test
  void givenLastRelease_engineLingersThenStopsOnce() {
    EngineLease one = registry.acquire(config("m"));
    EngineLease two = registry.acquire(config("m"));
    one.close();
    one.close();
    assertThat(lingering).isEmpty();

    two.close();

    assertThat(closes).hasValue(0);
    assertThat(lingering).hasSize(1);
    lingering.get(0).run();
    assertThat(closes).hasValue(1);
    assertThat(executables.get(0).isClosed()).isTrue();
    assertThat(registry.running()).isEmpty();
  }

  @Test
  void givenNewLeaseWhileLingering_engineStaysAndIsNotStartedAgain() {
    registry.acquire(config("m")).close();
    EngineLease again = registry.acquire(config("m"));

    lingering.get(0).run();

    assertThat(closes).hasValue(0);
    assertThat(starts).hasValue(1);
    again.close();
    // Only the timer of the last release counts.
    lingering.get(0).run();
    assertThat(closes).hasValue(0);
    lingering.get(1).run();
    assertThat(closes).hasValue(1);
  }

  @Test
  void givenOtherConfiguration_stopsAnUnusedEngineFirst() {
    registry.acquire(config("a")).close();
    EngineLease used = registry.acquire(config("b"));
    assertThat(closes).hasValue(1);

    EngineLease third = registry.acquire(config("c"));

    assertThat(closes).as("an engine in use is not stopped").hasValue(1);
    assertThat(registry.running()).hasSize(2);
    used.close();
    third.close();
  }

  @Test
  void givenWrongConfiguration_isRememberedAndNotTriedAgain() {
    nextStartFails = EngineException.configuration("no such model");
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> registry.acquire(config("m")))
          .isInstanceOf(EngineException.class)
          .hasMessage("no such model");
    }
    assertThat(starts).hasValue(1);
  }

  @Test
  void givenWrongConfiguration_isForgottenAfterAWhileSoThatTheNextJobCanSucceed() {
    nextStartFails = EngineException.configuration("no such model");
    assertThatThrownBy(() -> registry.acquire(config("m"))).hasMessage("no such model");
    nextStartFails = null; // The user has put the model there.
    assertThatThrownBy(() -> registry.acquire(config("m"))).hasMessage("no such model");

    lingering.get(0).run();

    registry.acquire(config("m")).close();
    assertThat(starts).hasValue(2);
  }

  @Test
  void givenLostDeviceAtStart_isNeverForgotten() {
    nextStartFails = EngineException.fatal("the driver hangs", null);
    assertThatThrownBy(() -> registry.acquire(config("m"))).hasMessage("the driver hangs");
    nextStartFails = null;
    lingering.forEach(Runnable::run);
    assertThatThrownBy(() -> registry.acquire(config("m"))).hasMessage("the driver hangs");
    assertThat(starts).hasValue(1);
  }

  @Test
  void givenFailureOfTheSurroundings_retryCanSucceed() {
    nextStartFails = EngineException.retryable("disk asleep", null);
    assertThatThrownBy(() -> registry.acquire(config("m"))).hasMessage("disk asleep");
    nextStartFails = null;

    try (EngineLease lease = registry.acquire(config("m"))) {
      assertThat(lease.info().model()).isEqualTo("fake");
    }
    assertThat(starts).hasValue(2);
  }

  @Test
  void givenLostDevice_everyLaterLeaseFailsWithTheFirstCause() throws Exception {
    EngineLease lease = registry.acquire(config("m"));
    executables.get(0).failAtLaunch(1);
    try (EngineClient client = lease.connect()) {
      client.submit(EngineFixture.request(EngineFixture.greedy(3), 1, 2));
      assertThatThrownBy(() -> client.poll(Duration.ofSeconds(30)))
          .hasMessageContaining("planted fault");
    }

    try (EngineLease later = registry.acquire(config("m"));
        EngineClient client = later.connect()) {
      assertThatThrownBy(() -> client.submit(EngineFixture.request(EngineFixture.greedy(3), 1, 2)))
          .hasMessageContaining("planted fault");
    }
    assertThat(starts).hasValue(1);
    assertThat(lost).containsExactly("step 1 failed in op 'fake': planted fault in step 1");
    lease.close();
  }

  @Test
  void givenDeviceLostAtStart_isRememberedAndTold() {
    nextStartFails = EngineException.fatal("the driver hangs", null);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> registry.acquire(config("m"))).hasMessage("the driver hangs");
    }
    assertThat(starts).hasValue(1);
    assertThat(lost).containsExactly("the driver hangs");
  }

  @Test
  void givenStopsAndFailuresThatARetryMayMend_nothingIsTold() {
    nextStartFails = EngineException.retryable("disk asleep", null);
    assertThatThrownBy(() -> registry.acquire(config("m"))).hasMessage("disk asleep");
    nextStartFails = null;
    registry.acquire(config("m")).close();
    registry.closeAll();
    assertThat(lost).isEmpty();
  }

  @Test
  void givenReleasedEngine_theNextOneWorks() throws Exception {
    registry.acquire(config("m")).close();
    lingering.get(0).run();

    try (EngineLease lease = registry.acquire(config("m"));
        EngineClient client = lease.connect()) {
      client.submit(EngineFixture.request(EngineFixture.greedy(3), 1, 2));
      assertThat(client.poll(Duration.ofSeconds(30))).isInstanceOf(Outcome.Completion.class);
    }
    assertThat(starts).hasValue(2);
  }

  private EngineGroup start(EngineConfig config) {
    return EngineGroup.start(config, c -> List.of(c.device()), this::startOne);
  }

  private RunningEngine startOne(EngineConfig config, StartStage stage) {
    starts.incrementAndGet();
    RuntimeException failure = nextStartFails;
    if (failure != null) {
      throw failure;
    }
    EngineFixture fixture = EngineFixture.withPages(64);
    FakeExecutable executable = fixture.executable();
    executables.add(executable);
    EngineLoop loop = EngineLoop.start(fixture.engine(executable), fixture.info(), Duration.ZERO);
    return new RunningEngine(loop, fixture.info(), new LetterTokenizer(), closes::incrementAndGet);
  }

  private static EngineConfig config(String model) {
    return EngineConfig.of(Settings.none(EngineSetting.class).with(EngineSetting.MODEL, model));
  }
}
