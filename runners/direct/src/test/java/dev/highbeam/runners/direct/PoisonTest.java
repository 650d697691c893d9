// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.engine.PoisonEngines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Rows that end the process which computes them, under the real launcher. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
final class PoisonTest {

  private static final int ROWS = 300;

  /** One in a hundred: one at the start, two that run together. */
  private static final Set<Integer> POISON = new TreeSet<>(Set.of(0, 130, 131));

  @TempDir Path folder;
  private LauncherCopy launcher;
  private Path input;

  @BeforeEach
  void prepare() throws IOException {
    launcher = new LauncherCopy(folder);
    input = folder.resolve("in.jsonl");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      String mark = POISON.contains(i) ? PoisonEngines.MARKER + " " : "";
      lines.add(
          "{\"custom_id\": \"" + i + "\", \"prompt\": \"Message: " + mark + "no " + i + "\"}");
    }
    Files.write(input, lines);
  }

  private List<String> arguments(Path output) {
    return List.of(
        "generate",
        "--model=" + LauncherCopy.ROOT.resolve("examples/demo/model"),
        "--device=cpu",
        "--cpuThreads=1",
        "--input=" + input,
        "--output=" + output,
        "--maxTokens=8",
        "--ignoreEos",
        "--maxNumSeqs=16",
        "--shardRows=60",
        "--progress=none");
  }

  private void requireOnlyPoisonFails(String how) throws Exception {
    Path calm = folder.resolve("calm");
    launcher.writeJava(Main.class, ":", "");
    assertThat(launcher.launch(arguments(calm))).as(launcher.log()).isZero();
    List<String> expected = OutputRows.results(calm);
    assertThat(expected).hasSize(ROWS);
    Files.delete(launcher.calls());

    Path output = folder.resolve("out");
    launcher.writeJava(PoisonMain.class, ":", "-Dpoison.how=" + how);
    assertThat(launcher.launch(arguments(output))).as(launcher.log()).isZero();
    assertThat(Files.readAllLines(launcher.calls())).as("restarts").hasSizeBetween(2, 4);
    List<String> wrong = OutputRows.errors(output);
    assertThat(wrong).containsExactlyElementsOf(POISON.stream().map(i -> "POISON " + i).toList());
    List<String> others = new ArrayList<>(expected);
    others.removeIf(row -> row.contains(PoisonEngines.MARKER));
    assertThat(others).hasSize(ROWS - POISON.size());
    assertThat(OutputRows.results(output)).isEqualTo(others);
    assertThat(output.resolve("journal")).doesNotExist();
  }

  @Test
  void S3_12_givenOneInAHundredEndsTheProcess_onlyTheseFail() throws Exception {
    requireOnlyPoisonFails("halt");
    assertThat(launcher.log()).contains("the program ended by signal 6, starting again (1 of 3)");
  }
}
