// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HighbeamEngineTest {

  /** Many, so that a thread that looks on is not left out for all of them. */
  private static final int NEW_TOKENS = 500;

  @TempDir Path folder;

  @Test
  void givenTinyModel_measure_bothSpeeds() throws Exception {
    WorkerTask task = task(Map.of("max_num_batched_tokens", "64"));

    try (HighbeamEngine engine = HighbeamEngine.load(task)) {
      Measurement measured = Worker.measure(engine, task);

      assertThat(measured.prefill()).isPositive().isFinite();
      assertThat(measured.decode()).isPositive().isFinite();
    }
  }

  @Test
  void givenPromptsOfAnotherLength_measure_refuses() throws Exception {
    WorkerTask task = task(Map.of());
    WorkerTask other =
        new WorkerTask(task.model(), "bf16", 1, task.prompts(), 17, NEW_TOKENS, 3, Map.of());

    try (HighbeamEngine engine = HighbeamEngine.load(task)) {
      assertThatThrownBy(() -> Worker.measure(engine, other)).hasMessageContaining("16 for this");
    }
  }

  @Test
  void givenUnknownSetting_load_refusesByName() throws Exception {
    WorkerTask task = task(Map.of("speed", "11"));

    assertThatThrownBy(() -> HighbeamEngine.load(task)).hasMessageContaining("speed");
  }

  @Test
  void givenTask_arguments_parseGivesItBack() throws Exception {
    WorkerTask task = task(Map.of("block_size", "32", "dtype", "float32"));

    assertThat(WorkerTask.parse(task.arguments().toArray(new String[0]))).isEqualTo(task);
  }

  private WorkerTask task(Map<String, String> settings) throws Exception {
    CpuPeersOptions options =
        CpuPeersOptions.parse(
            "--model=tiny-llama",
            "--promptTokens=16",
            "--models=" + folder,
            "--out=" + folder.resolve("out"));
    return new WorkerTask(
        options.model().huggingFace(),
        "bf16",
        1,
        options.promptFile(3),
        16,
        NEW_TOKENS,
        3,
        settings);
  }
}
