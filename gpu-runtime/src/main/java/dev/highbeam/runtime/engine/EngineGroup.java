// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The engines that serve one configuration, one for each of its devices. To the holder of a lease
 * they are one engine: requests go where the load is least, counters are sums, and when one is lost
 * all are.
 */
final class EngineGroup implements ServingEngine {

  private final List<RunningEngine> engines;
  private final EngineInfo info;

  private EngineGroup(List<RunningEngine> engines) {
    this.engines = List.copyOf(engines);
    this.info = EngineInfo.together(engines.stream().map(RunningEngine::info).toList());
  }

  /**
   * Starts the engines of a configuration, all at once, each within its deadline.
   *
   * @param devices the words of a configuration's devices
   * @param starter starts one engine
   * @throws EngineException the first device's failure, if one cannot be started; configuration, if
   *     the devices differ in their numerics and may not
   */
  static EngineGroup start(
      EngineConfig config,
      Function<EngineConfig, List<String>> devices,
      EngineStart.Starter starter) {
    List<EngineStart> starts = new ArrayList<>();
    for (String device : devices.apply(config)) {
      starts.add(EngineStart.begin(config.onDevice(device), starter));
    }
    List<RunningEngine> engines = new ArrayList<>();
    try {
      for (EngineStart start : starts) {
        engines.add(start.await());
      }
      checkNumerics(config, engines);
      return new EngineGroup(engines);
    } catch (RuntimeException | Error e) {
      engines.forEach(RunningEngine::close);
      starts.forEach(EngineStart::abandon);
      throw e;
    }
  }

  private static void checkNumerics(EngineConfig config, List<RunningEngine> engines) {
    EngineInfo first = engines.get(0).info();
    for (RunningEngine engine : engines) {
      EngineInfo other = engine.info();
      if (!other.numericsId().equals(first.numericsId()) && !config.allowMixedNumerics()) {
        throw EngineException.configuration(
            "the devices of device="
                + config.device()
                + " do not give the same bits: "
                + first.device()
                + " has numerics "
                + first.numericsId()
                + ", but "
                + other.device()
                + " has "
                + other.numericsId()
                + "; name one device, or set allow_mixed_numerics");
      }
    }
  }

  @Override
  public EngineClient connect() {
    return QueueClient.of(engines.stream().map(RunningEngine::loop).toList());
  }

  @Override
  public EngineInfo info() {
    return info;
  }

  @Override
  public Tokenizer tokenizer() {
    return engines.get(0).tokenizer();
  }

  @Override
  public EngineStats stats() {
    return engines.stream()
        .map(engine -> engine.loop().stats())
        .reduce(EngineStats::plus)
        .orElseThrow();
  }

  /** A lost device first. */
  @Override
  public @Nullable EngineException failure() {
    EngineException first = null;
    for (RunningEngine engine : engines) {
      EngineException failure = engine.loop().failure();
      if (failure != null && (first == null || failure.kind() == EngineException.Kind.FATAL)) {
        first = failure;
      }
    }
    return first;
  }

  /** Tells it of each engine. */
  @Override
  public void onEnd(Consumer<EngineException> listener) {
    engines.forEach(engine -> engine.loop().onEnd(listener));
  }

  /** Stops all engines, even if stopping one of them fails. */
  @Override
  public void close() {
    RuntimeException first = null;
    for (RunningEngine engine : engines) {
      try {
        engine.close();
      } catch (RuntimeException e) {
        first = first == null ? e : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
