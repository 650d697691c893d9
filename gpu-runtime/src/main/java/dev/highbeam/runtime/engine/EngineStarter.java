// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.backend.Backend;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.model.DecoderModel;
import dev.highbeam.runtime.model.ModelFolder;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts an engine: opens the model, packs it for the device, plans the memory, starts the loop.
 */
final class EngineStarter {

  private static final Logger LOG = LoggerFactory.getLogger(EngineStarter.class);

  private final Function<EngineConfig, Backend> backends;

  /**
   * A starter.
   *
   * @param backends a new backend for a configuration's device
   */
  EngineStarter(Function<EngineConfig, Backend> backends) {
    this.backends = backends;
  }

  /** Starts the engine and says in the stage what it is doing. */
  RunningEngine start(EngineConfig config, StartStage stage) {
    long begin = System.nanoTime();
    ModelFolder folder = ModelFolder.open(Path.of(config.model()));
    Tokenizer tokenizer = ModelCheck.tokenizer(folder);
    ModelCheck.checkVocabulary(folder, tokenizer);
    int maxModelLength = ModelCheck.maxModelLength(config, folder.config());
    stage.enter("opening the device");
    GpuTurn turn = GpuTurn.take(config);
    Backend backend;
    try {
      backend = turn.open(() -> backends.apply(config));
    } catch (RuntimeException | Error e) {
      turn.close();
      throw e;
    }
    try {
      RunningEngine engine =
          new Opened(config, folder, tokenizer, maxModelLength, backend, turn, stage).start();
      LOG.info(
          "Engine ready in {} ms: {} on {}, {}, {}; {}",
          (System.nanoTime() - begin) / 1_000_000,
          engine.info().model(),
          engine.info().device(),
          engine.info().dtype(),
          engine.info().numericsId(),
          engine.info().memoryPlan());
      return engine;
    } catch (OutOfMemoryError e) {
      backend.close();
      turn.close();
      throw EngineException.configuration(
          "the model does not fit into memory; give Java a larger heap (-Xmx) or lower"
              + " gpu_memory_utilization",
          e);
    } catch (RuntimeException e) {
      closeAfter(e, backend);
      turn.close();
      throw e;
    }
  }

  /** A model and a device that are there, before anything is loaded. */
  private record Opened(
      EngineConfig config,
      ModelFolder folder,
      Tokenizer tokenizer,
      int maxModelLength,
      Backend backend,
      GpuTurn turn,
      StartStage stage) {

    RunningEngine start() {
      // The reference is what others are measured by.
      if (config.device().equals("reference")) {
        return load(null);
      }
      // First, before minutes of loading are spent on a device, and before the model fills it.
      stage.enter("testing the device");
      SelfTest selfTest = SelfTest.compile(backend, dtype(), kvType(), config.pageSize());
      try {
        selfTest.run();
        return load(selfTest);
      } catch (RuntimeException | Error e) {
        closeAfter(e, selfTest);
        throw e;
      }
    }

    private void close() {
      try {
        backend.close();
      } finally {
        turn.close();
      }
    }

    private DType dtype() {
      return ModelCheck.dtype(config, backend.defaultType());
    }

    private DType kvType() {
      return ModelCheck.kvType(config, dtype());
    }

    private RunningEngine load(@Nullable SelfTest selfTest) {
      stage.enter("loading the weights");
      DecoderModel model = folder.load(backend, dtype(), kvType());
      stage.enter("taking memory and compiling");
      MemoryPlan plan =
          MemoryPlan.of(config, model.program(), maxModelLength, model.weightBytes(), backend);
      Executable executable = backend.compile(model.program(), plan.capacity());
      String fingerprint = folder.fingerprint();
      DType activations = backend.activationType(dtype());
      DType kv = backend.kvType(kvType());
      EngineInfo info =
          new EngineInfo(
              folder.name(),
              fingerprint,
              numericsId(backend.numerics(model.program()), activations, kv, fingerprint),
              backend.describe(),
              ModelCheck.word(activations),
              maxModelLength,
              config.maxSequences(),
              folder.config().vocabularySize(),
              plan.capacity().pageSize(),
              plan.capacity().pageCount(),
              plan.describe());
      Engine engine =
          new Engine(
              new EngineSetup(
                  info,
                  plan.capacity(),
                  executable,
                  tokenizer,
                  folder.endTokenIds(),
                  config.maxChunkTokens(),
                  config.prefixCaching(),
                  config.asyncScheduling().orElse(backend.prefersAsyncScheduling()),
                  selfTest));
      EngineLoop loop = EngineLoop.start(engine, info, config.stepTimeout());
      return new RunningEngine(loop, info, tokenizer, this::close);
    }
  }

  /** A lost device may refuse to free what it holds; what it was lost by is what counts. */
  private static void closeAfter(Throwable failure, AutoCloseable resource) {
    try {
      resource.close();
    } catch (Exception e) {
      failure.addSuppressed(e);
    }
  }

  /** Equal for engines that give equal bits; see P3. */
  private static String numericsId(
      String numerics, DType activations, DType kv, String fingerprint) {
    return String.join(
        "/",
        numerics,
        activations.name().toLowerCase(Locale.ROOT),
        "kv-" + kv.name().toLowerCase(Locale.ROOT),
        fingerprint.substring(0, 16));
  }
}
