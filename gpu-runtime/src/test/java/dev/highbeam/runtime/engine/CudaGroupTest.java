// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.api.EngineConfig;
import dev.highbeam.runtime.api.EngineException;
import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Outcome;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.backend.Backends;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu.Counter;
import dev.highbeam.runtime.model.TinyCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several emulated devices that serve one configuration, through one lease. */
@Timeout(300)
final class CudaGroupTest {

  private final List<Request> requests = MetamorphicTest.mixedRequests(24, 259, 12, 24);
  @TempDir private Path folder;
  private Settings<EngineSetting> settings = Settings.none(EngineSetting.class);

  @BeforeEach
  void writeModel() throws IOException {
    EmulatedGpu.emulator();
    TinyCheckpoint.llama().writeTo(folder);
    settings =
        settings
            .with(EngineSetting.MODEL, folder.toString())
            .with(EngineSetting.DEVICE, "cuda")
            .with(EngineSetting.DTYPE, "float16")
            .with(EngineSetting.SHARE_GPU, true)
            .with(EngineSetting.MAX_MODEL_LEN, 128)
            .with(EngineSetting.MAX_NUM_SEQS, 4);
  }

  /** What came of the requests, by their ids. */
  private record Run(
      Map<String, String> outcomes, Map<String, String> numericsIds, EngineInfo info) {}

  private static List<String> words(int... ordinals) {
    return IntStream.of(ordinals).mapToObj(ordinal -> "cuda:" + ordinal).toList();
  }

  private Run run(List<String> devices) throws InterruptedException {
    List<RunningEngine> engines = new ArrayList<>();
    EngineStarter starter = new EngineStarter(Backends::create);
    EngineRegistry registry =
        new EngineRegistry(
            config ->
                EngineGroup.start(
                    config,
                    any -> devices,
                    (one, stage) -> {
                      RunningEngine engine = starter.start(one, stage);
                      synchronized (engines) {
                        engines.add(engine);
                      }
                      return engine;
                    }),
            task -> {},
            failure -> {});
    Map<String, String> outcomes = new HashMap<>();
    Map<String, String> numericsIds = new HashMap<>();
    try {
      EngineLease lease = registry.acquire(EngineConfig.of(settings));
      try (EngineClient client = lease.connect()) {
        Map<Long, String> open = new HashMap<>();
        requests.forEach(request -> open.put(client.submit(request), request.id()));
        while (!open.isEmpty()) {
          Outcome outcome = Objects.requireNonNull(client.poll(Duration.ofMinutes(2)));
          String id = Objects.requireNonNull(open.remove(outcome.ticket()));
          outcomes.put(id, OutcomeText.of(outcome));
          numericsIds.put(id, ((Outcome.Completion) outcome).numericsId());
        }
      }
      assertThat(engines).hasSize(devices.size());
      for (RunningEngine engine : engines) {
        assertThat(engine.loop().stats().finishedRequests())
            .as(engine.info().device())
            .isPositive();
      }
      EngineInfo info = lease.info();
      lease.close();
      return new Run(outcomes, numericsIds, info);
    } finally {
      registry.closeAll();
    }
  }

  @Test
  void givenTwoEqualDevices_rowsDoNotDependOnWhichServedThem() throws Exception {
    Run one = run(words(EmulatedGpu.SM_80));
    Run two = run(words(EmulatedGpu.SM_80, EmulatedGpu.ANOTHER_SM_80));
    assertThat(two.outcomes()).isEqualTo(one.outcomes());
    assertThat(two.info().numericsId()).isEqualTo(one.info().numericsId());
    assertThat(two.numericsIds().values()).containsOnly(one.info().numericsId());
    assertThat(two.info().maxSequences()).isEqualTo(8);
    assertThat(EmulatedGpu.count(Counter.LIVE_CONTEXTS, EmulatedGpu.SM_80)).isZero();
    assertThat(EmulatedGpu.count(Counter.LIVE_CONTEXTS, EmulatedGpu.ANOTHER_SM_80)).isZero();
  }

  @Test
  void givenMixedCapabilities_areRefusedWithBothIds() {
    assertThatThrownBy(() -> run(words(EmulatedGpu.SM_80, EmulatedGpu.SM_75)))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("do not give the same bits: cuda:1 (Emulated sm_80)")
        .hasMessageContaining("but cuda:0 (Emulated sm_75)")
        .hasMessageContaining("name one device, or set allow_mixed_numerics");
    assertThat(EmulatedGpu.count(Counter.LIVE_CONTEXTS, EmulatedGpu.SM_75)).isZero();
    assertThat(EmulatedGpu.count(Counter.LIVE_CONTEXTS, EmulatedGpu.SM_80)).isZero();
  }

  /** P3 to the letter: a row's bits are those of the numerics that it names. */
  @Test
  void givenMixedCapabilitiesAllowed_eachRowIsWhatItsNumericsGive() throws Exception {
    Map<String, Run> alone = new HashMap<>();
    for (int ordinal : new int[] {EmulatedGpu.SM_75, EmulatedGpu.SM_80}) {
      Run run = run(words(ordinal));
      alone.put(run.info().numericsId(), run);
    }
    settings = settings.with(EngineSetting.ALLOW_MIXED_NUMERICS, true);
    Run mixed = run(words(EmulatedGpu.SM_75, EmulatedGpu.SM_80));
    assertThat(mixed.numericsIds().values()).containsAll(alone.keySet()).hasSize(requests.size());
    assertThat(mixed.info().numericsId().split("\\+", -1))
        .containsExactlyInAnyOrderElementsOf(alone.keySet());
    mixed
        .outcomes()
        .forEach(
            (id, outcome) -> {
              Run same = Objects.requireNonNull(alone.get(mixed.numericsIds().get(id)));
              assertThat(outcome).as(id).isEqualTo(same.outcomes().get(id));
            });
  }
}
