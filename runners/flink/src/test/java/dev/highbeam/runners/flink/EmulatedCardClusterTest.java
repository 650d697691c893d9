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

  /** Kernels that the first process may launch: enough for some rows, too few for all. */
  private static final int LAUNCHES = 800;

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
  void S3_2_S3_6_givenThreeJobsInARowAndTwoAtOnce_theyShareOneContextAndOneEngine()
      throws Exception {
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
      // An engine that nobody uses for half a minute ends, and a slow machine may need longer.
      assertThat(cluster.engines().files().size()).isEqualTo(contextsEver());
    }
    List<String> first = DemoJob.rows(outputs.get(0));
    assertThat(first).hasSize(20);
    for (Path output : outputs) {
      assertThat(DemoJob.rows(output)).isEqualTo(first);
    }
    assertThat(mostContextsAtOnce()).isEqualTo(1);
  }

  @Test
  void S3_7_givenCardThatIsLost_theTaskManagerIsReplacedAndTheJobCompletes_nobodyIsBlamed()
      throws Exception {
    Path input = DemoJob.input(folder.resolve("input"), 4);
    Path output = folder.resolve("out");
    // Each process loses its card there, if it gets so far: the next one has less to do than the
    // one before, but how many steps that takes is a matter of time.
    Map<String, String> faults = Map.of("EMU_FAULTS", "cuLaunchKernel@" + LAUNCHES + "+=700");
    List<String> arguments = new ArrayList<>(job(input, output));
    arguments.replaceAll(a -> a.startsWith("--maxNumSeqs=") ? "--maxNumSeqs=4" : a);
    arguments.addAll(List.of("--shardRows=5", "--journalRows=1", "--ignoreEos"));
    try (LocalCluster cluster =
        LocalCluster.start(folder, card(faults), "--taskManagers=1", "--slots=2")) {
      LocalCluster.End end = cluster.run(arguments);
      assertThat(end.code()).as(end.text()).isZero();
      int ends = cluster.supervisorLog().split("ended with code 70", -1).length - 1;
      assertThat(ends).isBetween(1, 3);
      assertThat(cluster.taskManagerLog(1))
          .contains("This TaskManager ends with code 70")
          .contains("CUDA_ERROR_ILLEGAL_ADDRESS");
      assertThat(cluster.engines().files()).as("engines, one per process").hasSize(ends + 1);
    }
    assertThat(DemoJob.rows(output)).hasSize(20).doesNotHaveDuplicates();
    assertThat(output.resolve("job.json")).content().contains("\"errors\" : 0");
    assertThat(OutputRows.strayFiles(output)).isEmpty();
  }

  private int contextsEver() throws IOException {
    try (Stream<String> calls = Files.lines(folder.resolve("calls"))) {
      return (int) calls.filter(call -> call.contains("\"call\":\"cuCtxCreate")).count();
    }
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
