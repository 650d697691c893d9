// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A job that is told to end saves what it has, under the real launcher. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class SignalTest {

  private static final int ROWS = 120;
  private static final int TOKENS = 48;

  @TempDir Path folder;

  /** Rows are saved by ten, and at the end of the process. */
  private List<String> arguments(Path output, String... more) throws IOException {
    Path input = folder.resolve("in.jsonl");
    if (!Files.exists(input)) { // A resume looks at the time, too.
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < ROWS; i++) {
        lines.add("{\"prompt\": \"Message: number " + i + "\"}");
      }
      Files.write(input, lines);
    }
    List<String> arguments = new ArrayList<>();
    arguments.addAll(
        List.of("generate", "--model=" + LauncherCopy.ROOT.resolve("examples/demo/model")));
    arguments.addAll(List.of("--device=cpu", "--cpuThreads=1", "--input=" + input));
    arguments.addAll(List.of("--output=" + output, "--maxTokens=" + TOKENS, "--ignoreEos"));
    arguments.addAll(List.of("--maxNumSeqs=4", "--shardRows=30", "--targetParallelism=2"));
    arguments.addAll(List.of("--journalRows=10", "--journalSeconds=3600", "--progress=none"));
    arguments.addAll(List.of(more));
    return arguments;
  }

  private void requireGoesOnAfter(String signal, int code, String... more) throws Exception {
    LauncherCopy launcher = new LauncherCopy(folder);
    launcher.writeJava(Main.class, ":", "");
    Path output = folder.resolve("out");
    Process process = launcher.builder(arguments(output, more)).start();
    while (process.isAlive() && Durable.of(output).all().ended() == 0) {
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
    assertThat(process.isAlive()).as(launcher.log()).isTrue();
    long start = System.nanoTime();
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
    assertThat(process.waitFor()).as(launcher.log()).isEqualTo(code);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    assertThat(Files.readAllLines(launcher.calls())).as("no restart").hasSize(1);

    Durable saved = Durable.of(output);
    assertThat(saved.all().ended()).isLessThan(ROWS);
    assertThat(OutputRows.record(output).at("/outcome").asText()).isEqualTo("cancelled");
    long counted = OutputRows.record(output).at("/tokens/output_computed").asLong();
    assertThat(saved.all().outputTokens()).as("whatever had ended").isEqualTo(counted);
    assertThat(output.resolve("_SUCCESS")).doesNotExist();

    assertThat(launcher.launch(arguments(output))).as(launcher.log()).isZero();
    assertThat(OutputRows.record(output).at("/tokens/output_computed").asLong())
        .isEqualTo((long) ROWS * TOKENS - saved.all().outputTokens());
    assertThat(OutputRows.results(output)).hasSize(ROWS).doesNotHaveDuplicates();
  }

  @Test
  void givenSigterm_savesOpenShards_endsWith143_andNothingFinishedIsComputedAgain()
      throws Exception {
    requireGoesOnAfter("TERM", 143);
  }

  @Test
  void givenSigint_savesOpenShards_endsWith130_withAnEngineInAProcessOfItsOwn() throws Exception {
    assumeTrue(
        !isSigintIgnored(),
        "SIGINT is ignored here, as in a shell's background, and so in children");
    requireGoesOnAfter("INT", 130, "--isolateEngine=true");
  }

  private static boolean isSigintIgnored() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return false;
    }
    String mask =
        Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .findFirst()
            .orElse("SigIgn:\t0");
    return (Long.parseUnsignedLong(mask.substring(8).strip(), 16) & 2) != 0;
  }
}
