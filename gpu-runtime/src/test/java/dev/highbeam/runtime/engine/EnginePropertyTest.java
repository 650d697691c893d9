// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Sample;
import dev.highbeam.runtime.backend.Capacity;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Random arrivals, cancellations and capacities: I1 to I8 hold in every step (asserts are on). */
class EnginePropertyTest {

  @Property(tries = 150, seed = "2611")
  void givenRandomArrivals_everyRequestEndsOnceWithItsOwnTokens(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 12) int maxSequences,
      @ForAll @IntRange(min = 0, max = 3) int pageSizeLog,
      @ForAll @IntRange(min = 0, max = 20) int sparePages,
      @ForAll @IntRange(min = 1, max = 70) int chunk,
      @ForAll boolean isAsync) {
    Random random = new Random(seed);
    int pageSize = 1 << pageSizeLog;
    int pages = (64 + pageSize - 1) / pageSize + sparePages;
    int budget = maxSequences + random.nextInt(60);
    EngineFixture fixture =
        new EngineFixture(new Capacity(budget, maxSequences, 64, pageSize, pages))
            .chunk(chunk)
            .async(isAsync);
    FakeExecutable executable = fixture.executable();
    Engine engine = fixture.engine(executable);
    List<Request> requests = EngineTest.mixedRequests(25, seed);
    List<RequestState> states = new ArrayList<>();
    List<RequestState> cancelled = new ArrayList<>();
    int steps = 0;
    while (states.size() < requests.size() || !engine.isIdle()) {
      if (states.size() < requests.size() && random.nextInt(3) == 0) {
        RequestState state = fixture.state(states.size(), requests.get(states.size()));
        states.add(state);
        engine.add(state);
      }
      if (!states.isEmpty() && random.nextInt(40) == 0) {
        RequestState state = states.get(random.nextInt(states.size()));
        if (state.outcome() == null) {
          cancelled.add(state);
        }
        engine.cancel(state);
      }
      int launchesBefore = executable.launches();
      boolean wasIdle = engine.isIdle();
      engine.step();
      // I6: a step that launches nothing only happens to collect what is in flight, or when idle.
      assertThat(executable.launches() > launchesBefore || isAsync || wasIdle).isTrue();
      assertThat(steps++).as("steps").isLessThan(200_000);
    }
    assertThat(engine.takeEnded()).containsExactlyInAnyOrderElementsOf(states);
    assertThat(engine.stats().pagesInUse()).isZero();
    for (RequestState state : states) {
      check(state, cancelled.contains(state));
    }
  }

  private static void check(RequestState state, boolean isCancelled) {
    Outcome outcome = Objects.requireNonNull(state.outcome());
    if (isCancelled) {
      assertThat(((Outcome.Rejection) outcome).code()).isEqualTo(RejectionCode.CANCELLED);
      return;
    }
    for (Sample sample : ((Outcome.Completion) outcome).samples()) {
      Expected expected = Expected.of(state.request(), sample.sampleIndex(), 64);
      int[] tokens = sample.tokenIds().toArray();
      // A stop text may end a sample before the oracle, which knows none.
      if (sample.stopReason() == null) {
        assertThat(tokens).isEqualTo(expected.outputTokenIds());
        assertThat(sample.finishReason()).isEqualTo(expected.reason());
      } else {
        assertThat(expected.outputTokenIds()).startsWith(tokens);
      }
    }
  }
}
