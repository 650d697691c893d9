// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.cpu.CpuBackend;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When the device is suspected, and what its test decides. */
final class OutputCheckTest {

  private static final long SECOND = 1_000_000_000L;

  private final OutputGuard guard = new OutputGuard();
  private final Backend cpu = CpuBackend.create(1);
  private long now = 5 * SECOND;

  @AfterEach
  void closeBackend() {
    cpu.close();
  }

  private boolean count(OutputGuard.Fault fault) {
    return guard.count(fault, now);
  }

  @Test
  void S4_6_givenNineteenBadRequests_nothingIsSuspected() {
    for (int i = 0; i < OutputGuard.LEAST_REQUESTS - 1; i++) {
      assertThat(count(OutputGuard.Fault.NON_FINITE)).isFalse();
    }
    assertThat(count(OutputGuard.Fault.NON_FINITE)).isTrue();
    assertThat(guard.describe()).isEqualTo("20 of the last 20 requests");
  }

  @Test
  void S4_6_givenFiveInAHundred_nothingIsSuspectedButSixAre() {
    for (int i = 0; i < 5; i++) {
      assertThat(count(OutputGuard.Fault.UNIFORM)).isFalse();
    }
    for (int i = 0; i < 14; i++) {
      assertThat(count(null)).isFalse();
    }
    assertThat(count(null)).as("five of twenty").isTrue();
    for (int i = 0; i < 79; i++) {
      count(null);
    }
    assertThat(count(null)).as("five of a hundred are one in twenty").isFalse();
    assertThat(count(OutputGuard.Fault.UNIFORM)).as("six of 101").isTrue();
  }

  @Test
  void S4_6_givenLongHealthyPast_itDoesNotHideWhatComesNow() {
    for (int i = 0; i < 10 * OutputGuard.MOST_REQUESTS; i++) {
      assertThat(count(null)).isFalse();
    }
    int until = 0;
    while (!count(OutputGuard.Fault.REPEATING)) {
      until++;
    }
    assertThat(until).isLessThan(OutputGuard.LEAST_REQUESTS);
  }

  @Test
  void S4_6_givenDeviceThatPassed_itIsLeftAloneForAWhile() {
    for (int i = 0; i < 20; i++) {
      count(OutputGuard.Fault.REPEATING);
    }
    guard.tested(now);
    for (int i = 0; i < 500; i++) {
      assertThat(count(OutputGuard.Fault.REPEATING)).isFalse();
    }
    now += OutputGuard.PAUSE.toNanos();
    List<Boolean> later = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      later.add(count(OutputGuard.Fault.REPEATING));
    }
    assertThat(later).contains(true);
    assertThat(guard.counts()).isEqualTo(new DegenerateCounts(0, 0, 540, 1));
  }

  private static Request poisoned() {
    return EngineFixture.request(EngineFixture.greedy(3), 1, FakeExecutable.POISON);
  }

  @Test
  void S4_6_givenManyBadRowsOnAHealthyDevice_engineTestsItAndGoesOn() {
    SelfTest passes = SelfTest.compile(cpu, DType.F32, DType.F32, 4);
    EngineFixture fixture = EngineFixture.withPages(64).selfTest(passes);
    try (Engine engine = fixture.engine(fixture.executable())) {
      List<Outcome> outcomes =
          EngineFixture.run(engine, fixture, Collections.nCopies(60, poisoned()));
      assertThat(outcomes).hasSize(60).allMatch(Outcome.Rejection.class::isInstance);
      // The pause keeps the later ones from testing again.
      assertThat(engine.stats().degenerate()).isEqualTo(new DegenerateCounts(60, 0, 0, 1));
    }
  }

  @Test
  void S4_6_givenManyBadRowsOnABrokenDevice_engineFailsFatallyAndPublishesNoneOfThem() {
    SelfTest fails =
        SelfTest.compile(
            FaultyBackend.of(cpu, FaultyExecutable::withStaleKvCopy), DType.F32, DType.F32, 4);
    EngineFixture fixture = new EngineFixture(new Capacity(64, 32, 64, 4, 64)).selfTest(fails);
    try (Engine engine = fixture.engine(fixture.executable())) {
      for (int i = 0; i < 25; i++) {
        engine.add(fixture.state(i, poisoned()));
      }
      assertThatThrownBy(engine::step)
          .isInstanceOf(EngineException.class)
          .hasMessageStartingWith(
              "25 of the last 25 requests gave degenerate outputs, and the device fails its"
                  + " self-test: ")
          .extracting(e -> ((EngineException) e).kind())
          .isEqualTo(EngineException.Kind.FATAL);
    }
  }

  @Test
  void S4_6_givenDeviceWithoutATest_engineOnlyCounts() {
    EngineFixture fixture = EngineFixture.withPages(64);
    Engine engine = fixture.engine(fixture.executable());
    EngineFixture.run(engine, fixture, Collections.nCopies(60, poisoned()));
    assertThat(engine.stats().degenerate()).isEqualTo(new DegenerateCounts(60, 0, 0, 0));
  }
}
