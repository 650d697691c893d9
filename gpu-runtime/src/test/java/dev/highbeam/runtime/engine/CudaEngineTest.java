// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.api.EngineSetting;
import dev.highbeam.runtime.api.Request;
import dev.highbeam.runtime.backend.cuda.driver.EmulatedGpu;
import dev.highbeam.runtime.model.SharedData;
import dev.highbeam.runtime.model.TinyCheckpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  @ParameterizedTest
  @CsvSource({
    "bfloat16, device",
    "bfloat16, host",
    "bfloat16, layer",
    "float16, host",
    "fp8, device",
    "fp8, layer"
  })
  void S4_4_givenAnyPlacement_outcomesHaveTheSameBits(
      String kvType, String location, @TempDir Path folder) throws IOException {
    TinyCheckpoint.llama().writeTo(folder);
    List<Request> requests = MetamorphicTest.mixedRequests(6, 259, 12, 24);
    Map<String, String> expected = null;
    for (Integer layers : new Integer[] {null, 0, 1, 2}) {
      Map<String, String> outcomes =
          MetamorphicTest.run(
                  folder,
                  "cuda:1",
                  requests,
                  s -> {
                    var placed =
                        s.with(EngineSetting.MAX_NUM_SEQS, 4)
                            .with(EngineSetting.MAX_MODEL_LEN, 128)
                            .with(EngineSetting.KV_CACHE_DTYPE, kvType)
                            .with(
                                EngineSetting.KV_CACHE_LOCATION,
                                layers == null ? "device" : location);
                    return layers == null ? placed : placed.with(EngineSetting.GPU_LAYERS, layers);
                  })
              .outcomes();
      expected = expected == null ? outcomes : expected;
      assertThat(outcomes)
          .as("%s layers on the device, KV %s", layers, location)
          .isEqualTo(expected);
    }
  }
}
