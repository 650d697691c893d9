// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The engines of one process, one group per configuration, counted by their leases. Concurrent
 * callers of one configuration wait for one start. After the last release an engine lingers,
 * because runners tear workers down between stages and set them up again; it is stopped early when
 * an engine of another configuration is asked for, which may need its memory.
 *
 * <p>A configuration that cannot work is remembered as long as an unused engine lingers, so that
 * every worker of a job fails at once with the first cause, while the next job of the process,
 * whose user may have mended the model folder, tries again. A failure of the surroundings is
 * forgotten at once, so that a retry can succeed; a lost device is remembered for good.
 */
final class EngineRegistry {

  private final Function<EngineConfig, ? extends ServingEngine> starter;
  private final Consumer<Runnable> lingerTimer;
  private final Consumer<EngineException> onFatal;
  private final Map<EngineConfig, Entry> entries = new LinkedHashMap<>();

  /**
   * The engines of one configuration, starting or started. All fields are guarded by the registry.
   */
  private static final class Entry {
    private final CompletableFuture<ServingEngine> engine = new CompletableFuture<>();
    private int leases;
    private int releases;
  }

  /**
   * A registry.
   *
   * @param starter starts the engines of a configuration; slow, called outside any lock
   * @param lingerTimer runs what it is given after the time that an unused engine lingers
   * @param onFatal learns that a device is lost, on any thread and once per engine; must not block
   */
  EngineRegistry(
      Function<EngineConfig, ? extends ServingEngine> starter,
      Consumer<Runnable> lingerTimer,
      Consumer<EngineException> onFatal) {
    this.starter = starter;
    this.lingerTimer = lingerTimer;
    this.onFatal = onFatal;
  }

  EngineLease acquire(EngineConfig asked) {
    EngineConfig config = inUseOr(asked);
    Entry fresh = new Entry();
    Entry entry;
    List<ServingEngine> unused;
    synchronized (this) {
      unused = removeUnusedExcept(config);
      Entry existing = entries.get(config);
      entry = existing == null || hasStopped(existing) ? fresh : existing;
      entries.put(config, entry);
      entry.leases++;
    }
    unused.forEach(ServingEngine::close);
    if (entry == fresh) {
      start(config, entry);
    }
    try {
      return new Lease(config, entry, entry.engine.join());
    } catch (CompletionException e) {
      throw e.getCause() instanceof EngineException cause ? EngineFailures.again(cause) : e;
    }
  }

  /**
   * Who asks for an engine in a process of its own gets the one in this process while others use
   * that: a second one would find no memory on the device.
   */
  private synchronized EngineConfig inUseOr(EngineConfig asked) {
    if (asked.isIsolated()) {
      for (Map.Entry<EngineConfig, Entry> entry : entries.entrySet()) {
        boolean isSame = entry.getKey().isolated(true).equals(asked.isolated(true));
        if (isSame && !entry.getKey().isIsolated() && entry.getValue().leases > 0) {
          return entry.getKey();
        }
      }
    }
    return asked;
  }

  /** Engines that run now. */
  synchronized List<ServingEngine> running() {
    List<ServingEngine> running = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (isRunning(entry)) {
        running.add(entry.engine.join());
      }
    }
    return running;
  }

  /** Stops all engines, whoever uses them: the process ends. */
  void closeAll() {
    List<ServingEngine> all;
    synchronized (this) {
      all = running();
      entries.clear();
    }
    all.forEach(ServingEngine::close);
  }

  private void start(EngineConfig config, Entry entry) {
    try {
      ServingEngine engine = starter.apply(config);
      engine.onEnd(this::learn);
      entry.engine.complete(engine);
    } catch (RuntimeException | Error e) {
      EngineException.Kind kind =
          e instanceof EngineException cause ? cause.kind() : EngineException.Kind.RETRYABLE;
      if (kind == EngineException.Kind.RETRYABLE) {
        forget(config, entry);
      }
      if (e instanceof EngineException cause) {
        learn(cause);
      }
      entry.engine.completeExceptionally(e);
      if (kind == EngineException.Kind.CONFIGURATION) {
        lingerTimer.accept(() -> forget(config, entry));
      }
    }
  }

  private void learn(EngineException failure) {
    if (failure.kind() == EngineException.Kind.FATAL) {
      onFatal.accept(failure);
    }
  }

  private synchronized void forget(EngineConfig config, Entry entry) {
    entries.remove(config, entry);
  }

  private void release(EngineConfig config, Entry entry) {
    int release;
    synchronized (this) {
      entry.leases--;
      entry.releases++;
      release = entry.releases;
      if (entry.leases > 0) {
        return;
      }
    }
    lingerTimer.accept(() -> stopIfUnusedSince(config, entry, release));
  }

  private void stopIfUnusedSince(EngineConfig config, Entry entry, int release) {
    synchronized (this) {
      if (entry.leases > 0 || entry.releases != release || !entries.remove(config, entry)) {
        return;
      }
    }
    entry.engine.join().close();
  }

  private List<ServingEngine> removeUnusedExcept(EngineConfig config) {
    List<ServingEngine> removed = new ArrayList<>();
    entries
        .entrySet()
        .removeIf(
            item -> {
              Entry entry = item.getValue();
              boolean isUnused =
                  entry.leases == 0 && isRunning(entry) && !item.getKey().equals(config);
              if (isUnused) {
                removed.add(entry.engine.join());
              }
              return isUnused;
            });
    return removed;
  }

  private static boolean isRunning(Entry entry) {
    return entry.engine.isDone() && !entry.engine.isCompletedExceptionally();
  }

  /** Whether the engine ended in a way that a new one may undo: anything but a lost device. */
  private static boolean hasStopped(Entry entry) {
    if (!isRunning(entry)) {
      return false;
    }
    EngineException failure = entry.engine.join().failure();
    return failure != null && failure.kind() != EngineException.Kind.FATAL;
  }

  /** One holder's share; giving it back twice counts once. */
  private final class Lease implements EngineLease {

    private final EngineConfig config;
    private final Entry entry;
    private final ServingEngine engine;
    private final AtomicBoolean isReleased = new AtomicBoolean();

    Lease(EngineConfig config, Entry entry, ServingEngine engine) {
      this.config = config;
      this.entry = entry;
      this.engine = engine;
    }

    @Override
    public EngineClient connect() {
      return engine.connect();
    }

    @Override
    public EngineInfo info() {
      return engine.info();
    }

    @Override
    public Tokenizer tokenizer() {
      return engine.tokenizer();
    }

    @Override
    public EngineStats stats() {
      return engine.stats();
    }

    @Override
    public void close() {
      if (isReleased.compareAndSet(false, true)) {
        release(config, entry);
      }
    }
  }
}
