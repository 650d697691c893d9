// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Backends;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.StepOutput;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Engines as production starts them, over a device with a planted fault: the system property {@code
 * planted.fault} says which. Lies in the engine's package, because nothing shipped may know it.
 */
public final class FaultyEngines {

  /**
   * What the device does at the engine's fifth step (or that of the system property {@code
   * planted.step}), or at its start.
   */
  public enum Fault {
    NONE,
    /** The fifth step meets a lost device. */
    LOST,
    /** The fifth step never ends. */
    HANG,
    /** The device never opens. */
    HANG_AT_START,
    /** As LOST, but the rows' threads never learn it: they hang too. */
    LOST_AND_DEAF,
    /** From the fifth step on all logits are NaN, in whatever is computed. */
    WRONG,
    /** As WRONG, but from the start. */
    WRONG_AT_START
  }

  private static final int FAULTY_STEP = Integer.getInteger("planted.step", 5);
  private static final CountDownLatch NEVER = new CountDownLatch(1);
  private static final AtomicInteger COMPILED = new AtomicInteger();
  private static final AtomicInteger STEPS = new AtomicInteger();

  private static volatile Consumer<EngineException> onFatal = failure -> {};
  private static final EngineRegistry REGISTRY = registry();

  private FaultyEngines() {}

  /** Sets who learns that the device is lost. */
  public static void onFatal(Consumer<EngineException> handler) {
    onFatal = handler;
  }

  public static EngineLease acquire(EngineConfig config) {
    EngineLease lease = REGISTRY.acquire(config);
    return fault() == Fault.LOST_AND_DEAF ? deaf(lease) : lease;
  }

  private static Fault fault() {
    return Fault.valueOf(System.getProperty("planted.fault", Fault.NONE.name()));
  }

  private static EngineRegistry registry() {
    EngineStarter starter = new EngineStarter(FaultyEngines::backend);
    return new EngineRegistry(
        config -> EngineGroup.start(config, Backends::devices, starter::start),
        task -> {},
        failure -> onFatal.accept(failure));
  }

  private static Backend backend(EngineConfig config) {
    if (fault() == Fault.HANG_AT_START) {
      say("planted");
      hang();
    }
    Backend healthy = Backends.create(config);
    return proxy(
        Backend.class,
        healthy,
        (name, result) ->
            name.equals("compile") ? proxy(Executable.class, result, plan()) : result);
  }

  /** The first program is the self-test's; its steps are not counted. */
  private static After plan() {
    boolean isEngine = COMPILED.getAndIncrement() > 0;
    return (name, result) -> {
      if (name.equals("launch") && isEngine && STEPS.incrementAndGet() == FAULTY_STEP) {
        plant();
      }
      if (name.equals("await") && isWrong()) {
        // Each step writes its rows anew, so those that are none do no harm.
        ((StepOutput) result).setToken(0, 0, Float.NaN, true);
        ((StepOutput) result).setToken(1, 0, Float.NaN, true);
      }
      return result;
    };
  }

  private static boolean isWrong() {
    return switch (fault()) {
      case WRONG -> STEPS.get() >= FAULTY_STEP;
      case WRONG_AT_START -> true;
      default -> false;
    };
  }

  private static void plant() {
    switch (fault()) {
      case LOST, LOST_AND_DEAF -> {
        say("planted");
        throw EngineException.fatal("an illegal address was met", null);
      }
      case HANG -> {
        say("planted");
        hang();
      }
      case WRONG -> say("planted");
      case NONE, HANG_AT_START, WRONG_AT_START -> {}
    }
  }

  /** The moment, for the test to measure from. */
  private static void say(String what) {
    Path file = Path.of(System.getProperty("planted.file"));
    try {
      Files.writeString(file, what);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void hang() {
    try {
      NEVER.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts a device", e);
    }
  }

  private static EngineLease deaf(EngineLease lease) {
    return proxy(
        EngineLease.class,
        lease,
        (name, result) -> name.equals("connect") ? new DeafClient((EngineClient) result) : result);
  }

  private record DeafClient(EngineClient client) implements EngineClient {

    @Override
    public long submit(dev.highbeam.runtime.api.Request request) {
      return client.submit(request);
    }

    @Override
    public Outcome poll(Duration timeout) throws InterruptedException {
      try {
        return client.poll(timeout);
      } catch (EngineException e) {
        hang();
        return null;
      }
    }

    @Override
    public void cancel(long ticket) {
      client.cancel(ticket);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  /** What happens to the result of a method, by the method's name. */
  private interface After {
    Object apply(String method, Object result);
  }

  private static <T> T proxy(Class<T> type, Object target, After after) {
    return type.cast(
        Proxy.newProxyInstance(
            FaultyEngines.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                return after.apply(method.getName(), method.invoke(target, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
