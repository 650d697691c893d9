// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.RejectionCode;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.backend.Capacity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Several devices that serve as one engine. */
@Timeout(60)
final class EngineGroupTest {

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final EngineConfig BOTH =
      EngineConfig.of(
          Settings.none(EngineSetting.class)
              .with(EngineSetting.MODEL, "m")
              .with(EngineSetting.DEVICE, "cuda"));

  private final EngineFixture fixture = new EngineFixture(new Capacity(64, 16, 64, 4, 256));
  private final Map<String, FakeExecutable> executables = new ConcurrentHashMap<>();
  private final Map<String, RunningEngine> engines = new ConcurrentHashMap<>();
  private final Set<String> closed = ConcurrentHashMap.newKeySet();
  private final Map<String, String> numerics = new ConcurrentHashMap<>();
  private final Map<String, RuntimeException> failures = new ConcurrentHashMap<>();
  private final List<EngineGroup> groups = new ArrayList<>();

  @AfterEach
  void stopAll() {
    executables.values().forEach(FakeExecutable::release);
    groups.forEach(EngineGroup::close);
  }

  private EngineGroup start(EngineConfig config) {
    EngineGroup group = EngineGroup.start(config, c -> List.of("cuda:0", "cuda:1"), this::startOne);
    groups.add(group);
    return group;
  }

  private RunningEngine startOne(EngineConfig config, StartStage stage) {
    String device = config.device();
    RuntimeException failure = failures.get(device);
    if (failure != null) {
      throw failure;
    }
    FakeExecutable executable = fixture.executable();
    EngineInfo plain = fixture.info();
    EngineInfo info =
        new EngineInfo(
            plain.model(),
            plain.modelFingerprint(),
            numerics.getOrDefault(device, "same"),
            "a fake GPU",
            plain.dtype(),
            plain.maxModelLength(),
            plain.maxSequences(),
            plain.vocabularySize(),
            plain.pageSize(),
            plain.pageCount(),
            device + " plan");
    EngineLoop loop = EngineLoop.start(fixture.engine(executable), info, Duration.ZERO);
    RunningEngine engine =
        new RunningEngine(loop, info, new LetterTokenizer(), () -> closed.add(device));
    executables.put(device, executable);
    engines.put(device, engine);
    return engine;
  }

  private long finished(String device) {
    return Objects.requireNonNull(engines.get(device)).loop().stats().finishedRequests();
  }

  @Test
  void givenManyClients_everyRequestIsAnsweredOnceAndBothEnginesWork() throws Exception {
    EngineGroup group = start(BOTH);
    List<Request> requests = EngineTest.mixedRequests(400, 17);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    Set<Long> tickets = new HashSet<>();
    try {
      List<Callable<Set<Long>>> jobs =
          IntStream.range(0, 4)
              .<Callable<Set<Long>>>mapToObj(
                  i -> () -> drive(group, requests.subList(i * 100, (i + 1) * 100)))
              .toList();
      for (Future<Set<Long>> job : threads.invokeAll(jobs)) {
        tickets.addAll(job.get());
      }
    } finally {
      threads.shutdown();
    }
    assertThat(tickets).hasSize(400);
    assertThat(group.stats().finishedRequests()).isEqualTo(400);
    assertThat(finished("cuda:0")).isBetween(1L, 399L);
  }

  private static Set<Long> drive(EngineGroup group, List<Request> requests)
      throws InterruptedException {
    Map<Long, Request> open = new HashMap<>();
    Set<Long> done = new HashSet<>();
    try (EngineClient client = group.connect()) {
      for (Request request : requests) {
        open.put(client.submit(request), request);
      }
      while (!open.isEmpty()) {
        Outcome outcome = Objects.requireNonNull(client.poll(LONG));
        Request request = Objects.requireNonNull(open.remove(outcome.ticket()));
        var samples = ((Outcome.Completion) outcome).samples();
        assertThat(Expected.of(request, 0, 64).outputTokenIds())
            .startsWith(samples.get(0).tokenIds().toArray());
        done.add(outcome.ticket());
      }
      assertThat(client.poll(Duration.ZERO)).isNull();
    }
    return done;
  }

  @Test
  void givenOneSlowEngine_theOtherGetsTheRequests() throws Exception {
    EngineGroup group = start(BOTH);
    Objects.requireNonNull(executables.get("cuda:0")).hangAtLaunch(1);
    try (EngineClient client = group.connect()) {
      long first = client.submit(request());
      for (int i = 0; i < 20; i++) {
        long ticket = client.submit(request());
        assertThat(Objects.requireNonNull(client.poll(LONG)).ticket()).isEqualTo(ticket);
      }
      assertThat(finished("cuda:1")).isEqualTo(20);

      Objects.requireNonNull(executables.get("cuda:0")).release();
      assertThat(Objects.requireNonNull(client.poll(LONG)).ticket()).isEqualTo(first);
    }
  }

  @Test
  void givenCancel_onlyThatRequestEnds() throws Exception {
    EngineGroup group = start(BOTH);
    executables.values().forEach(executable -> executable.hangAtLaunch(1));
    try (EngineClient client = group.connect()) {
      List<Long> tickets = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        tickets.add(client.submit(request()));
      }
      client.cancel(tickets.get(3));
      executables.values().forEach(FakeExecutable::release);

      Set<Long> cancelled = new HashSet<>();
      for (int i = 0; i < 8; i++) {
        Outcome outcome = Objects.requireNonNull(client.poll(LONG));
        assertThat(tickets.remove(outcome.ticket())).isTrue();
        if (outcome instanceof Outcome.Rejection rejection) {
          assertThat(rejection.code()).isEqualTo(RejectionCode.CANCELLED);
          cancelled.add(outcome.ticket());
        }
      }
      assertThat(tickets).isEmpty();
      assertThat(cancelled).hasSize(1);
    }
  }

  @Test
  void givenClientThatLeaves_itsRequestsEndOnBothEngines() throws Exception {
    EngineGroup group = start(BOTH);
    executables.values().forEach(executable -> executable.hangAtLaunch(1));
    try (EngineClient client = group.connect()) {
      for (int i = 0; i < 40; i++) {
        assertThat(client.submit(request())).isPositive();
      }
    }
    executables.values().forEach(FakeExecutable::release);
    try (EngineClient stays = group.connect()) {
      for (int i = 0; i < 4; i++) {
        long unused = stays.submit(request());
        assertThat(stays.poll(LONG)).isInstanceOf(Outcome.Completion.class);
      }
    }
    assertThat(group.stats().finishedRequests()).isEqualTo(44);
  }

  @Test
  void givenOneLostDevice_theWholeGroupIsLost() throws Exception {
    List<EngineException> told = new ArrayList<>();
    EngineGroup group = start(BOTH);
    group.onEnd(told::add);
    // The first request keeps the first device busy, so that the second goes to the other one.
    Objects.requireNonNull(executables.get("cuda:0")).hangAtLaunch(1);
    Objects.requireNonNull(executables.get("cuda:1")).failAtLaunch(1);
    try (EngineClient client = group.connect()) {
      long unused = client.submit(request()) + client.submit(request());
      assertThatThrownBy(
              () -> {
                while (client.poll(LONG) != null) {}
              })
          .hasMessage("step 1 failed in op 'fake': planted fault in step 1")
          .extracting(e -> ((EngineException) e).kind())
          .isEqualTo(EngineException.Kind.FATAL);
      assertThatThrownBy(() -> client.submit(request())).isInstanceOf(EngineException.class);
    }
    assertThat(Objects.requireNonNull(group.failure()).kind())
        .isEqualTo(EngineException.Kind.FATAL);
    assertThat(told).hasSize(1);
  }

  @Test
  void givenDifferentNumerics_startIsRefusedUnlessAllowed() {
    numerics.put("cuda:1", "other");
    assertThatThrownBy(() -> start(BOTH))
        .isInstanceOf(EngineException.class)
        .hasMessage(
            "the devices of device=cuda do not give the same bits: a fake GPU has numerics same,"
                + " but a fake GPU has other; name one device, or set allow_mixed_numerics")
        .extracting(e -> ((EngineException) e).kind())
        .isEqualTo(EngineException.Kind.CONFIGURATION);
    assertThat(closed).containsExactlyInAnyOrder("cuda:0", "cuda:1");

    EngineConfig mixed =
        EngineConfig.of(BOTH.settings().with(EngineSetting.ALLOW_MIXED_NUMERICS, true));
    assertThat(start(mixed).info().numericsId()).isEqualTo("same+other");
  }

  @Test
  void givenOneDeviceThatCannotStart_theOthersAreClosed() {
    failures.put("cuda:1", EngineException.retryable("no memory left", null));
    assertThatThrownBy(() -> start(BOTH)).hasMessage("no memory left");
    assertThat(closed).containsExactly("cuda:0");
  }

  @Test
  void givenOneThatFailsAtOnce_theOneThatComesLaterIsClosedToo() throws Exception {
    CountDownLatch mayStart = new CountDownLatch(1);
    CountDownLatch lateClosed = new CountDownLatch(1);
    EngineStart.Starter starter =
        (config, stage) -> {
          if (config.device().equals("cuda:0")) {
            throw EngineException.configuration("not supported");
          }
          try {
            mayStart.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          RunningEngine engine = startOne(config, stage);
          return new RunningEngine(
              engine.loop(), engine.info(), engine.tokenizer(), lateClosed::countDown);
        };
    assertThatThrownBy(() -> EngineGroup.start(BOTH, c -> List.of("cuda:0", "cuda:1"), starter))
        .hasMessage("not supported");
    mayStart.countDown();
    lateClosed.await();
  }

  @Test
  void givenTwoEngines_infoAndStatsAreOfBoth() throws Exception {
    EngineGroup group = start(BOTH);
    EngineInfo info = group.info();
    assertThat(info.maxSequences()).isEqualTo(32);
    assertThat(info.pageCount()).isEqualTo(512);
    assertThat(info.maxModelLength()).isEqualTo(64);
    assertThat(info.numericsId()).isEqualTo("same");
    assertThat(info.device()).isEqualTo("2 x a fake GPU");
    assertThat(info.memoryPlan()).isEqualTo("cuda:0 plan; cuda:1 plan");
    executables.values().forEach(executable -> executable.hangAtLaunch(1));
    try (EngineClient client = group.connect()) {
      long unused = client.submit(request()) + client.submit(request());
      executables.values().forEach(FakeExecutable::release);
      assertThat(client.poll(LONG)).isNotNull();
      assertThat(client.poll(LONG)).isNotNull();
    }
    EngineStats one = Objects.requireNonNull(engines.get("cuda:0")).loop().stats();
    EngineStats two = Objects.requireNonNull(engines.get("cuda:1")).loop().stats();
    EngineStats both = group.stats();
    assertThat(one.promptTokens()).isEqualTo(3);
    assertThat(both.promptTokens()).isEqualTo(6);
    assertThat(both.steps()).isEqualTo(one.steps() + two.steps());
    assertThat(both.outputTokens()).isEqualTo(one.outputTokens() + two.outputTokens());
    assertThat(both.stepNanos()).isEqualTo(one.stepNanos() + two.stepNanos());
    assertThat(both.pageCount()).isEqualTo(512);
    assertThat(EngineInfo.together(List.of(fixture.info()))).isEqualTo(fixture.info());
  }

  private static Request request() {
    return EngineFixture.request(
        EngineFixture.greedy(20).with(SamplingSetting.IGNORE_EOS, true), 1, 2, 3);
  }
}
