// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.model.SharedData;
import dev.highbeam.runtime.model.TinyCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine on emulated devices: promise P3, and P6 over all placements. */
final class CudaEngineTest {

  @BeforeAll
  static void loadDriver() {
    EmulatedGpu.driver();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cuda:1", "cuda:3"})
  void givenTrainedModel_outcomesDoNotDependOnHowTheyAreComputed(String device) {
    Path model = SharedData.require("stories260k/hf");
    List<Request> requests = MetamorphicTest.mixedRequests(24, 512, 12, 40);
    MetamorphicTest.checkMatrix(model, device, requests, 128, 10);
  }

  @Test
  void givenGraphsOff_outcomesHaveTheSameBits() {
    Path model = SharedData.require("stories260k/hf");
    List<Request> requests = MetamorphicTest.mixedRequests(12, 512, 12, 24);
    Map<String, String> expected =
        MetamorphicTest.run(model, "cuda:1", requests, s -> s.with(EngineSetting.MAX_NUM_SEQS, 8))
            .outcomes();
    assertThat(
            MetamorphicTest.run(
                    model,
                    "cuda:1",
                    requests,
                    s ->
                        s.with(EngineSetting.MAX_NUM_SEQS, 8)
                            .with(EngineSetting.ENFORCE_EAGER, true))
                .outcomes())
        .isEqualTo(expected);
  }

  /** A placement, and how the steps over it are made. */
  private record Way(String location, Integer layers, boolean eager, int chunk) {

    Settings<EngineSetting> apply(Settings<EngineSetting> settings) {
      Settings<EngineSetting> placed =
          settings
              .with(EngineSetting.KV_CACHE_LOCATION, location)
              .with(EngineSetting.ENFORCE_EAGER, eager)
              .with(EngineSetting.LONG_PREFILL_TOKEN_THRESHOLD, chunk);
      return layers == null ? placed : placed.with(EngineSetting.GPU_LAYERS, layers);
    }
  }

  /** Every pair of location, layers on the device, graphs and chunk; 0 is no limit of chunks. */
  private static final List<Way> WAYS =
      List.of(
          new Way("device", 0, false, 1),
          new Way("device", 1, true, 7),
          new Way("device", 2, true, 1),
          new Way("host", 0, true, 7),
          new Way("host", 1, false, 0),
          new Way("host", 2, false, 256),
          new Way("layer", 0, true, 256),
          new Way("layer", 1, false, 1),
          new Way("layer", 2, true, 0),
          new Way("layer", 0, false, 7),
          new Way("host", 1, true, 1),
          new Way("device", null, true, 256));

  @ParameterizedTest
  @ValueSource(strings = {"bfloat16", "float16", "fp8"})
  void S4_4_givenAnyPlacement_outcomesHaveTheSameBits(String kvType, @TempDir Path folder)
      throws IOException {
    TinyCheckpoint.llama().writeTo(folder);
    // Up to 136 tokens each, of which the first 68 are always made.
    List<Request> requests = MetamorphicTest.mixedRequests(3, 259, 12, 136);
    UnaryOperator<Settings<EngineSetting>> base =
        s ->
            s.with(EngineSetting.MAX_NUM_SEQS, 4)
                .with(EngineSetting.MAX_MODEL_LEN, 256)
                .with(EngineSetting.KV_CACHE_DTYPE, kvType);
    Map<String, String> expected = MetamorphicTest.run(folder, "cuda:1", requests, base).outcomes();
    for (Way way : WAYS) {
      assertThat(
              MetamorphicTest.run(folder, "cuda:1", requests, s -> way.apply(base.apply(s)))
                  .outcomes())
          .as("%s", way)
          .isEqualTo(expected);
    }
  }
}
