// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.backend.Capacity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Engines over a {@link FakeExecutable}, and requests for them. */
final class EngineFixture {

  static final int END_TOKEN = 7;

  private final Capacity capacity;
  private int chunk = Integer.MAX_VALUE;
  private boolean prefixCaching = true;
  private boolean isAsync;
  private @Nullable SelfTest selfTest;

  EngineFixture(Capacity capacity) {
    this.capacity = capacity;
  }

  /** Steps of at most 64 tokens and 8 sequences of 64 tokens, pages of 4. */
  static EngineFixture withPages(int pageCount) {
    return new EngineFixture(new Capacity(64, 8, 64, 4, pageCount));
  }

  EngineFixture chunk(int tokens) {
    chunk = tokens;
    return this;
  }

  EngineFixture withoutPrefixCaching() {
    prefixCaching = false;
    return this;
  }

  EngineFixture async(boolean value) {
    isAsync = value;
    return this;
  }

  EngineFixture selfTest(SelfTest test) {
    selfTest = test;
    return this;
  }

  Capacity capacity() {
    return capacity;
  }

  FakeExecutable executable() {
    return new FakeExecutable(capacity);
  }

  Engine engine(FakeExecutable executable) {
    return new Engine(
        new EngineSetup(
            info(),
            capacity,
            executable,
            new LetterTokenizer(),
            new int[] {END_TOKEN},
            Math.min(chunk, capacity.maxStepTokens()),
            prefixCaching,
            isAsync,
            selfTest));
  }

  EngineInfo info() {
    return new EngineInfo(
        "fake",
        "0",
        "fake-1",
        "fake device",
        "float32",
        capacity.maxModelLength(),
        capacity.maxSequences(),
        FakeExecutable.VOCABULARY,
        capacity.pageSize(),
        capacity.pageCount(),
        "none");
  }

  static Settings<SamplingSetting> greedy(int maxTokens) {
    return Settings.none(SamplingSetting.class)
        .with(SamplingSetting.TEMPERATURE, 0)
        .with(SamplingSetting.MAX_TOKENS, maxTokens);
  }

  static Request request(Settings<SamplingSetting> settings, int... prompt) {
    return Request.of("r", prompt, SamplingParams.of(settings).withSeed(11));
  }

  RequestState state(long ticket, Request request) {
    return new RequestState(ticket, 1, request, capacity.pageSize(), info().numericsId());
  }

  /** Runs all requests to their ends; outcomes in the order of the requests. */
  static List<Outcome> run(Engine engine, EngineFixture fixture, List<Request> requests) {
    List<RequestState> states = new ArrayList<>();
    for (Request request : requests) {
      RequestState state = fixture.state(states.size(), request);
      states.add(state);
      engine.add(state);
    }
    int stepsLeft = 100_000;
    while (!engine.isIdle() && stepsLeft-- > 0) {
      engine.step();
    }
    Map<Long, Outcome> ended = new HashMap<>();
    for (RequestState state : engine.takeEnded()) {
      Outcome before = ended.put(state.ticket(), Objects.requireNonNull(state.outcome()));
      if (before != null) {
        throw new AssertionError("I8: request " + state.ticket() + " ended twice");
      }
    }
    List<Outcome> outcomes = new ArrayList<>();
    for (RequestState state : states) {
      outcomes.add(Objects.requireNonNull(ended.get(state.ticket()), "I8: a request never ended"));
    }
    return outcomes;
  }
}
