// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.backend.Backends;
import dev.highbeam.runtime.backend.Executable;
import dev.highbeam.runtime.backend.ForwardBatch;
import dev.highbeam.runtime.backend.StepOutput;
import dev.highbeam.runtime.backend.cpu.CpuBackend;
import dev.highbeam.runtime.backend.reference.ReferenceBackend;
import dev.highbeam.runtime.model.TinyCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The start as production does it, on a real model folder. */
@Timeout(120)
final class EngineStarterTest {

  @TempDir private Path folder;
  private final CountDownLatch released = new CountDownLatch(1);
  private Settings<EngineSetting> settings = Settings.none(EngineSetting.class);

  @BeforeEach
  void writeModel() throws IOException {
    TinyCheckpoint.llama().writeTo(folder);
    settings =
        settings
            .with(EngineSetting.MODEL, folder.toString())
            .with(EngineSetting.DEVICE, "reference")
            .with(EngineSetting.MAX_NUM_SEQS, 4)
            .with(EngineSetting.MAX_NUM_BATCHED_TOKENS, 64);
  }

  /** Computes, but never gives the output of a step. */
  private record Stuck(Executable healthy, CountDownLatch released) implements Executable {

    @Override
    public void launch(ForwardBatch batch) {
      healthy.launch(batch);
    }

    @Override
    public StepOutput await() {
      try {
        released.await();
      } catch (InterruptedException e) {
        throw new AssertionError("nobody interrupts the engine's thread", e);
      }
      return healthy.await();
    }

    @Override
    public String currentOp() {
      return healthy.currentOp();
    }

    @Override
    public void close() {
      healthy.close();
    }
  }

  /** A probe that was made before its engine, and so never ran, would let this test time out. */
  @Test
  void givenDeviceThatHangs_engineStartedTheUsualWayIsPoisoned() {
    EngineConfig config = EngineConfig.of(settings.with(EngineSetting.STEP_TIMEOUT_SECONDS, 2));
    EngineStarter starter =
        new EngineStarter(
            c ->
                FaultyBackend.of(
                    new ReferenceBackend(),
                    (healthy, program, capacity) ->
                        new Stuck(healthy.compile(program, capacity), released)));
    EngineRegistry registry =
        new EngineRegistry(
            c -> EngineGroup.start(c, Backends::devices, starter::start),
            task -> {},
            failure -> {});
    EngineLease lease = registry.acquire(config);
    try (EngineClient client = lease.connect()) {
      client.submit(EngineFixture.request(EngineFixture.greedy(3), 1, 2));
      assertThatThrownBy(() -> client.poll(Duration.ofSeconds(100)))
          .isInstanceOf(EngineException.class)
          .hasMessage(
              "step 1 hangs in op 'sample': no sign of life for 2 s (step_timeout_seconds)");
    } finally {
      registry.closeAll();
      released.countDown();
    }
  }

  @Test
  void S4_7_givenDeviceThatComputesWrongly_isFoundOutBeforeTheModelIsLoaded() {
    AtomicInteger compiled = new AtomicInteger();
    EngineStarter starter =
        new EngineStarter(
            c ->
                FaultyBackend.of(
                    CpuBackend.create(1),
                    (healthy, program, capacity) -> {
                      compiled.incrementAndGet();
                      return FaultyExecutable.withStaleKvCopy(healthy, program, capacity);
                    }));
    EngineConfig config = EngineConfig.of(settings.with(EngineSetting.DEVICE, "cpu"));
    assertThatThrownBy(() -> starter.start(config, new StartStage()))
        .isInstanceOf(EngineException.class)
        .hasMessageStartingWith("the device fails its self-test: after position ")
        .hasMessageContaining("(cpu: 1 threads")
        .extracting(e -> ((EngineException) e).kind())
        .isEqualTo(EngineException.Kind.FATAL);
    assertThat(compiled).hasValue(1);
  }

  @Test
  void givenDefaults_watchdogIsOn() {
    EngineConfig config = EngineConfig.of(settings);
    assertThat(config.stepTimeout()).isEqualTo(Duration.ofSeconds(300));
    assertThat(config.startupTimeout()).isEqualTo(Duration.ofSeconds(1800));
  }
}
