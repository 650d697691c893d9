// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** TaskManagers with an emulated card: who has the card, and what happens when it is lost. */
@Timeout(value = 20, unit = TimeUnit.MINUTES)
final class EmulatedCardClusterTest {

  private static final Path EMULATOR = LocalCluster.ROOT.resolve("kernels/target/emulator");
  private static final Pattern CONTEXT = Pattern.compile("\"call\":\"cuCtx(Create|Destroy)");

  @TempDir Path folder;

  @BeforeAll
  static void requireEmulator() {
    String reason = "there is no " + EMULATOR + "/libcuda.so.1: building it needs nvcc and g++";
    boolean present = Files.exists(EMULATOR.resolve("libcuda.so.1"));
    if (!present && Boolean.getBoolean("gpu.required")) {
      Assertions.fail(reason);
    }
    assumeTrue(present, reason);
  }

  private Map<String, String> card(Map<String, String> more) throws IOException {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("LD_LIBRARY_PATH", EMULATOR.toString());
    environment.put("EMU_DEVICES", "80:24G");
    environment.put("EMU_LOG", folder.resolve("calls").toString());
    // Whoever else tests on this machine has cards of the same name.
    environment.put("XDG_RUNTIME_DIR", Files.createDirectory(folder.resolve("runtime")).toString());
    environment.putAll(more);
    return environment;
  }

  private static List<String> job(Path input, Path output) {
    return DemoJob.arguments(
        input, output, "--device=cuda", "--maxTokens=6", "--enforceEager", "--parallelism=2");
  }

  @Test
  void S3_6_givenThreeJobsInARowAndTwoAtOnce_theProcessNeverHasTwoContexts() throws Exception {
    Path input = DemoJob.input(folder.resolve("input"), 4);
    List<Path> outputs = new ArrayList<>();
    try (LocalCluster cluster =
        LocalCluster.start(folder, card(Map.of()), "--taskManagers=1", "--slots=4")) {
      for (int i = 0; i < 3; i++) {
        outputs.add(folder.resolve("row-" + i));
        LocalCluster.End end = cluster.run(job(input, outputs.get(i)));
        assertThat(end.code()).as(end.text()).isZero();
      }
      List<Process> together = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        outputs.add(folder.resolve("together-" + i));
        together.add(cluster.start(job(input, outputs.get(3 + i))));
      }
      for (Process process : together) {
        assertThat(process.waitFor()).as(cluster.lastLog()).isZero();
      }
      assertThat(cluster.taskManagerLog(1)).doesNotContain("UnsatisfiedLinkError");
    }
    List<String> first = DemoJob.rows(outputs.get(0));
    assertThat(first).hasSize(20);
    for (Path output : outputs) {
      assertThat(DemoJob.rows(output)).isEqualTo(first);
    }
    assertThat(mostContextsAtOnce()).isEqualTo(1);
  }

  @Test
  void givenLostCard_theTaskManagerEndsWith70AndIsReplaced() throws Exception {
    Path input = DemoJob.input(folder.resolve("input"), 4);
    Map<String, String> faults = Map.of("EMU_FAULTS", "cuLaunchKernel@200+=700");
    try (LocalCluster cluster =
        LocalCluster.start(
            folder,
            card(faults),
            "--taskManagers=1",
            "-Drestart-strategy.fixed-delay.attempts=1")) {
      LocalCluster.End end = cluster.run(job(input, folder.resolve("out")));
      assertThat(end.code()).as(end.text()).isEqualTo(1);
      assertThat(cluster.supervisorLog()).contains("ended with code 70");
      assertThat(cluster.taskManagerLog(1))
          .contains("This TaskManager ends with code 70")
          .contains("CUDA_ERROR_ILLEGAL_ADDRESS");
    }
    assertThat(folder.resolve("out/_SUCCESS")).doesNotExist();
  }

  private int mostContextsAtOnce() throws IOException {
    int alive = 0;
    int most = 0;
    try (Stream<String> calls = Files.lines(folder.resolve("calls"))) {
      for (String call : (Iterable<String>) calls.filter(CONTEXT.asPredicate())::iterator) {
        alive += call.contains("cuCtxCreate") ? 1 : -1;
        most = Math.max(most, alive);
      }
    }
    return most;
  }
}
