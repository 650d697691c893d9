// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.backend.Capacity;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class EngineLoopTest {

  private static final Duration LONG = Duration.ofSeconds(30);

  private final EngineFixture fixture =
      new EngineFixture(new Capacity(64, 16, 64, 4, 256)).async(true);
  private final FakeExecutable executable = fixture.executable();

  private EngineLoop start() {
    return start(Duration.ZERO);
  }

  private EngineLoop start(Duration stepTimeout) {
    return EngineLoop.start(fixture.engine(executable), fixture.info(), stepTimeout);
  }

  @Test
  void givenEightClientsAtOnce_eachGetsItsOwnOutcomesAndStepsAreShared() throws Exception {
    List<Request> requests = EngineTest.mixedRequests(400, 21);
    try (EngineLoop loop = start()) {
      ExecutorService threads = Executors.newFixedThreadPool(8);
      Set<Long> tickets = new HashSet<>();
      try {
        List<Callable<Map<Long, Request>>> jobs =
            java.util.stream.IntStream.range(0, 8)
                .<Callable<Map<Long, Request>>>mapToObj(
                    i -> () -> drive(loop, requests.subList(i * 50, (i + 1) * 50)))
                .toList();
        for (Future<Map<Long, Request>> job : threads.invokeAll(jobs)) {
          tickets.addAll(job.get().keySet());
        }
      } finally {
        threads.shutdown();
      }
      assertThat(tickets).hasSize(400);
      assertThat(loop.stats().finishedRequests()).isEqualTo(400);
      assertThat(loop.stats().sharedSteps()).isPositive();
    }
    assertThat(executable.isClosed()).isTrue();
  }

  private static Map<Long, Request> drive(EngineLoop loop, List<Request> requests)
      throws InterruptedException {
    Map<Long, Request> open = new HashMap<>();
    Map<Long, Request> done = new HashMap<>();
    try (EngineClient client = loop.connect()) {
      for (Request request : requests) {
        open.put(client.submit(request), request);
      }
      while (!open.isEmpty()) {
        Outcome outcome = Objects.requireNonNull(client.poll(LONG));
        Request request = Objects.requireNonNull(open.remove(outcome.ticket()));
        done.put(outcome.ticket(), request);
        var samples = ((Outcome.Completion) outcome).samples();
        assertThat(Expected.of(request, 0, 64).outputTokenIds())
            .startsWith(samples.get(0).tokenIds().toArray());
      }
    }
    return done;
  }

  @Test
  void givenNothingToDo_pollReturnsNullAfterTheTimeout() throws Exception {
    try (EngineLoop loop = start();
        EngineClient client = loop.connect()) {
      assertThat(client.poll(Duration.ZERO)).isNull();
      assertThat(client.poll(Duration.ofMillis(5))).isNull();
    }
  }

  @Test
  void givenCancel_deliversCancelled() throws Exception {
    try (EngineLoop loop = start();
        EngineClient client = loop.connect()) {
      long ticket = client.submit(endless());
      client.cancel(ticket);

      Outcome outcome = Objects.requireNonNull(client.poll(LONG));

      assertThat(outcome.ticket()).isEqualTo(ticket);
      // The short run may have been done before the cancel arrived.
      if (outcome instanceof Outcome.Rejection rejection) {
        assertThat(rejection.code()).isEqualTo(RejectionCode.CANCELLED);
      }
    }
  }

  @Test
  void givenClientThatLeaves_itsRequestsEndAndItsPagesAreFree() throws Exception {
    try (EngineLoop loop = start();
        EngineClient stays = loop.connect()) {
      try (EngineClient leaves = loop.connect()) {
        for (int i = 0; i < 50; i++) {
          long unused = leaves.submit(endless());
          assertThat(unused).isPositive();
        }
      }
      stays.submit(endless());

      assertThat(stays.poll(LONG)).isInstanceOf(Outcome.Completion.class);
      stays.submit(endless());
      assertThat(stays.poll(LONG)).isNotNull();
      assertThat(loop.stats().finishedRequests()).isGreaterThanOrEqualTo(51);
      assertThat(loop.stats().waiting()).isZero();
    }
  }

  @Test
  void givenDeviceFault_everyClientGetsTheFirstCauseAtOnce() throws Exception {
    executable.failAtLaunch(3);
    try (EngineLoop loop = start();
        EngineClient one = loop.connect();
        EngineClient two = loop.connect()) {
      one.submit(endless());
      assertThatThrownBy(() -> pollUntilFailure(one))
          .isInstanceOf(EngineException.class)
          .hasMessage("step 3 failed in op 'fake': planted fault in step 3")
          .extracting(e -> ((EngineException) e).kind())
          .isEqualTo(EngineException.Kind.FATAL);
      assertThatThrownBy(() -> two.poll(LONG)).hasMessageContaining("planted fault in step 3");
      assertThatThrownBy(() -> two.submit(endless()))
          .hasMessageContaining("planted fault in step 3");
    }
    assertThat(executable.isClosed()).isTrue();
  }

  @Test
  void givenStop_waitingClientsWakeUp() throws Exception {
    EngineLoop loop = start();
    EngineClient client = loop.connect();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<?> waiting = thread.submit(() -> client.poll(LONG));
      loop.close();
      assertThatThrownBy(waiting::get).hasMessageContaining("the engine was stopped");
    } finally {
      thread.shutdown();
    }
    assertThatThrownBy(() -> client.submit(endless())).isInstanceOf(EngineException.class);
  }

  @Test
  void givenClosedClient_submitIsRefused() {
    try (EngineLoop loop = start()) {
      EngineClient client = loop.connect();
      client.close();
      client.close();
      assertThatThrownBy(() -> client.submit(endless())).isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void givenHang_everyClientLearnsItAlthoughTheThreadIsStuck(boolean inLaunch) throws Exception {
    if (inLaunch) {
      executable.hangAtLaunch(3);
    } else {
      executable.hangAtAwait(3);
    }
    EngineLoop loop = start(Duration.ofSeconds(1));
    List<EngineException> told = new CopyOnWriteArrayList<>();
    loop.onEnd(told::add);
    EngineClient one = loop.connect();
    EngineClient two = loop.connect();
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<?> waiting = thread.submit(() -> two.poll(LONG));
      one.submit(endless());

      String sentence = "step 3 hangs in op 'fake': no sign of life for 1 s";
      assertThatThrownBy(() -> pollUntilFailure(one))
          .hasMessageStartingWith(sentence)
          .extracting(e -> ((EngineException) e).kind())
          .isEqualTo(EngineException.Kind.FATAL);
      assertThatThrownBy(waiting::get).hasMessageContaining(sentence);
      assertThatThrownBy(() -> two.submit(endless())).hasMessageStartingWith(sentence);
      assertThat(told).singleElement().extracting(Throwable::getCause).isNotNull();
      assertThat(told.get(0).getCause().getStackTrace())
          .anyMatch(frame -> frame.getClassName().equals(FakeExecutable.class.getName()));

      loop.close(); // Must not wait for the stuck thread.
      assertThat(loop.hasEnded()).isFalse();
      assertThat(executable.isClosed()).isFalse();
    } finally {
      executable.release();
      thread.shutdown();
    }
    executable.awaitClose(); // A thread that comes back frees what it holds.
    assertThatThrownBy(() -> one.poll(LONG)).hasMessageContaining("hangs");
  }

  @Test
  void givenIdleEngine_watchdogStaysQuiet() throws Exception {
    try (EngineLoop loop = start(Duration.ofSeconds(1));
        EngineClient client = loop.connect()) {
      assertThat(client.poll(Duration.ofSeconds(2))).isNull();
      client.submit(endless());
      assertThat(client.poll(LONG)).isInstanceOf(Outcome.Completion.class);
      assertThat(client.poll(Duration.ofSeconds(2))).isNull();
      assertThat(loop.failure()).isNull();
    }
  }

  private static void pollUntilFailure(EngineClient client) throws InterruptedException {
    Outcome outcome = client.poll(LONG);
    assertThat(outcome).isNull();
  }

  private static Request endless() {
    return EngineFixture.request(
        EngineFixture.greedy(60).with(SamplingSetting.IGNORE_EOS, true), 1, 2, 3);
  }
}
