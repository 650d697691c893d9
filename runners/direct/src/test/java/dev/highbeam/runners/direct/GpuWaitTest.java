// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two programs and one emulated card. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class GpuWaitTest {

  @TempDir Path folder;

  private ChildProgram program(String name, int rows, String... more) throws IOException {
    Path demo = LauncherCopy.ROOT.resolve("examples/demo");
    Path input = folder.resolve(name + ".jsonl");
    try (Stream<String> lines = Files.lines(demo.resolve("messages.jsonl"))) {
      Files.write(input, lines.limit(rows).toList());
    }
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("generate", "--config=" + demo.resolve("job.yaml")));
    arguments.addAll(List.of("--model=" + demo.resolve("model"), "--input=" + input));
    arguments.addAll(List.of("--output=" + folder.resolve(name), "--device=cuda:0"));
    arguments.addAll(List.of("--maxTokens=8", "--ignoreEos", "--progress=none"));
    arguments.addAll(List.of(more));
    // Whoever else tests on this machine has cards of the same name.
    Path runtime = Files.createDirectories(folder.resolve("runtime"));
    return new ChildProgram(Main.class, folder.resolve(name + ".log"), arguments)
        .withDevices("80:24G")
        .with(Map.of("XDG_RUNTIME_DIR", runtime.toString()));
  }

  @Test
  void givenCardInUse_theSecondProgramWaitsForIt_orSaysWhoseItIs() throws Exception {
    Process first = program("first", 200).start();
    try {
      Path log = folder.resolve("first.log");
      while (first.isAlive() && !Files.readString(log).contains("Engine ready in")) {
        first.waitFor(20, TimeUnit.MILLISECONDS);
      }
      ChildProgram.End refused = program("refused", 2, "--gpuWaitTimeout=0").run();
      assertThat(first.isAlive()).as("the card was in use all the time").isTrue();
      assertThat(refused.code()).as(refused.text()).isEqualTo(1);
      assertThat(refused.text())
          .contains("highbeam: every device that would do is used by another process: ")
          .contains(" by process " + first.pid());
      Process second = program("second", 2, "--gpuWaitTimeout=300").start();
      Path config = folder.resolve("second.log");
      while (!Files.readString(config).contains("gpu_wait_timeout=300")) {
        assertThat(second.waitFor(20, TimeUnit.MILLISECONDS)).isFalse();
      }
      first.destroyForcibly().waitFor();
      assertThat(second.waitFor()).as(Files.readString(config)).isZero();
    } finally {
      first.destroyForcibly();
    }
  }
}
