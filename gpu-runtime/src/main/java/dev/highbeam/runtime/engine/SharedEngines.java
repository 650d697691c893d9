// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.Backends;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engines of this process: whoever asks for the same configuration shares its engines, one for
 * each device, and with them the weights and the KV caches. Nothing is started, and no device
 * touched, before the first {@link #acquire}.
 */
public final class SharedEngines {

  private static final Logger LOG = LoggerFactory.getLogger(SharedEngines.class);
  private static final long LINGER_SECONDS = 30;

  private static volatile Consumer<EngineException> onFatal = failure -> {};

  /** Whether this class may disappear before its process does. */
  private static volatile boolean endsWithLeases;

  private SharedEngines() {}

  /** Made only if engines linger at all. */
  private static final class Timer {

    private static final ScheduledExecutorService TIMER =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "highbeam-linger");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Made on first use, so that loading this class costs nothing. */
  private static final class Holder {

    private static final EngineStarter STARTER = new EngineStarter(Backends::create);

    private static final EngineRegistry REGISTRY =
        new EngineRegistry(Holder::start, SharedEngines::later, failure -> onFatal.accept(failure));

    private static ServingEngine start(EngineConfig config) {
      return config.isIsolated()
          ? IsolatedEngine.start(config, ChildCommand.of(EngineChild.class))
          : EngineGroup.start(config, Backends::devices, STARTER::start);
    }

    static {
      if (!endsWithLeases) {
        Runtime.getRuntime()
            .addShutdownHook(new Thread(REGISTRY::closeAll, "highbeam-engine-shutdown"));
      }
    }
  }

  /**
   * A lease on the engine of this configuration, which is started if there is none; usable as an
   * {@link EngineProvider}.
   *
   * @throws dev.highbeam.runtime.api.EngineException if the engine cannot be started
   */
  public static EngineLease acquire(EngineConfig config) {
    return Holder.REGISTRY.acquire(config);
  }

  /**
   * Sets who learns from now on that a device is lost for this process; replaces who was set
   * before. Only a program that owns its process, and whom something starts again, ends it here;
   * without a handler a pipeline fails and its process lives.
   *
   * @param handler called on any thread, once for each engine that fails; must not block
   */
  public static void onFatal(Consumer<EngineException> handler) {
    onFatal = handler;
  }

  /**
   * Lets every engine stop with its last lease, and leaves no thread and no shutdown hook behind:
   * for a class loader that ends before its process, such as that of one job among many. Without it
   * an engine that lingers would outlive its own classes. Must be called before the first {@link
   * #acquire}; repeating it does nothing.
   */
  public static void endWithLeases() {
    endsWithLeases = true;
  }

  /** The engines that run now, those of one configuration as one, with their counters. */
  public static Map<EngineInfo, EngineStats> running() {
    Map<EngineInfo, EngineStats> running = new LinkedHashMap<>();
    List<ServingEngine> engines = Holder.REGISTRY.running();
    engines.forEach(engine -> running.put(engine.info(), engine.stats()));
    return running;
  }

  private static void later(Runnable task) {
    if (endsWithLeases) {
      logged(task).run();
    } else {
      var unused = Timer.TIMER.schedule(logged(task), LINGER_SECONDS, TimeUnit.SECONDS);
    }
  }

  private static Runnable logged(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.warn("Stopping an unused engine failed", e);
      }
    };
  }
}
