// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.Backends;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.model.ModelFolder;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Engines as production starts them, over a backend that ends its process a few steps after it has
 * seen a row with the marker. The system property {@code poison.how} says how: {@code halt} as a
 * crash of native code does, {@code fault} as a device does that meets an illegal address. The
 * tests of both runners use it, so it is attached as a jar of its own.
 */
public final class PoisonEngines {

  /** A prompt with this text is poison; no other text has its tokens. */
  public static final String MARKER = "\u2620";

  /** The exit code of a process that aborts. */
  public static final int ABORTED = 134;

  private static final int STEPS_LATER = 3;
  private static final EngineRegistry REGISTRY =
      new EngineRegistry(PoisonEngines::start, task -> {}, PoisonEngines::onFatal);
  private static final Map<EngineConfig, int[]> MARKERS = new ConcurrentHashMap<>();

  private static volatile Consumer<EngineException> fatal = failure -> {};

  private PoisonEngines() {}

  /**
   * What a pipeline carries to the workers of a cluster, which need this class beside the engine.
   */
  public static EngineProvider provider() {
    return PoisonEngines::acquire;
  }

  public static EngineLease acquire(EngineConfig config) {
    return REGISTRY.acquire(config);
  }

  /** Sets who learns that the device is lost. */
  public static void onFatal(Consumer<EngineException> handler) {
    fatal = handler;
  }

  private static void onFatal(EngineException failure) {
    fatal.accept(failure);
  }

  /** The program of an engine's own process. */
  public static final class Child {

    private Child() {}

    public static void main(String[] args) throws Exception {
      EngineChild.serve(PoisonEngines::acquire);
    }
  }

  private static ServingEngine start(EngineConfig config) {
    return config.isIsolated()
        ? IsolatedEngine.start(config, ChildCommand.of(Child.class))
        : EngineGroup.start(
            config, Backends::devices, new EngineStarter(PoisonEngines::backend)::start);
  }

  private static int[] marker(EngineConfig config) {
    return MARKERS.computeIfAbsent(
        config,
        c ->
            ModelCheck.tokenizer(ModelFolder.open(Path.of(c.model())))
                .encode(MARKER, Tokenizer.Specials.OMIT));
  }

  private static Backend backend(EngineConfig config) {
    Backend healthy = Backends.create(config);
    int[] marker = marker(config);
    return proxy(
        Backend.class,
        healthy,
        (name, result, arguments) ->
            name.equals("compile")
                ? proxy(Executable.class, result, new Poisoned(marker))
                : result);
  }

  /** Counts the steps since a marked row came. */
  private static final class Poisoned implements After {

    private final int[] marker;
    private int steps = -1;

    Poisoned(int[] marker) {
      this.marker = marker;
    }

    @Override
    public Object apply(String method, Object result, Object[] arguments) {
      if (method.equals("launch")) {
        ForwardBatch batch = (ForwardBatch) arguments[0];
        if (steps >= 0 || holdsMarker(batch)) {
          steps++;
        }
        if (steps >= STEPS_LATER) {
          end();
        }
      }
      return result;
    }

    private boolean holdsMarker(ForwardBatch batch) {
      for (int i = 0; i + marker.length <= batch.tokenCount(); i++) {
        int k = 0;
        while (k < marker.length && batch.tokenIds[i + k] == marker[k]) {
          k++;
        }
        if (k == marker.length) {
          return true;
        }
      }
      return false;
    }

    private static void end() {
      if (System.getProperty("poison.how", "halt").equals("fault")) {
        throw EngineException.fatal("an illegal address was met", null);
      }
      Runtime.getRuntime().halt(ABORTED);
    }
  }

  /** What happens to the result of a method. */
  private interface After {
    Object apply(String method, Object result, Object[] arguments);
  }

  private static <T> T proxy(Class<T> type, Object target, After after) {
    return type.cast(
        Proxy.newProxyInstance(
            PoisonEngines.class.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                Object result = method.invoke(target, arguments);
                return after.apply(method.getName(), result, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
