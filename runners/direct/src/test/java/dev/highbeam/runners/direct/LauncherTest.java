// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.engine.FaultyEngines.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher's script with a java of the test's own. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class LauncherTest {

  @TempDir Path folder;
  private LauncherCopy launcher;

  @BeforeEach
  void copyLauncher() throws IOException {
    launcher = new LauncherCopy(folder);
  }

  private Path calls() {
    return launcher.calls();
  }

  private int launch(String... arguments) throws Exception {
    return launcher.launch(List.of(arguments));
  }

  private String log() throws IOException {
    return launcher.log();
  }

  @Test
  void givenDeviceThatIsLostForGood_startsThreeTimesMoreAndGivesUp() throws Exception {
    launcher.writeJava("exit 70");
    assertThat(launch("generate", "--output=a b")).isEqualTo(70);
    assertThat(Files.readAllLines(calls()))
        .hasSize(4)
        .allMatch(call -> call.endsWith("highbeam.jar generate --output=a b"));
    assertThat(Files.readAllLines(calls()))
        .extracting(call -> call.substring(0, call.indexOf(' ')))
        .containsExactly("restarts=", "restarts=1", "restarts=2", "restarts=3");
    assertThat(log()).contains("starting again (1 of 3)").contains("starting again (3 of 3)");
  }

  @Test
  void givenProcessThatCrashes_startsAgainAndSaysWhy() throws Exception {
    launcher.writeJava("[ \"$HIGHBEAM_RESTARTS\" = 1 ] && exit 0; kill -ABRT $$");
    assertThat(launch("generate")).isZero();
    assertThat(log()).contains("the program ended by signal 6, starting again (1 of 3)");
  }

  @Test
  void givenOtherEnds_startsOnce() throws Exception {
    for (int code : new int[] {0, 1, 2, 3}) {
      Files.deleteIfExists(calls());
      launcher.writeJava("exit " + code);
      assertThat(launch("doctor")).isEqualTo(code);
      assertThat(Files.readAllLines(calls())).hasSize(1);
    }
  }

  @Test
  void givenDeviceLostTwice_theThirdRunDoesTheWholeJob() throws Exception {
    // The real program as child, over a device with a planted fault in the first two runs.
    launcher.writeJava(
        FaultyMain.class,
        "fault="
            + Fault.NONE
            + "; [ \"$(wc -l < '"
            + calls()
            + "')\" -gt 2 ] || fault="
            + Fault.LOST,
        "-Dplanted.fault=$fault -Dplanted.file='" + folder.resolve("planted") + "'");
    Path input = folder.resolve("in.jsonl");
    Files.write(input, Collections.nCopies(60, "{\"prompt\": \"Message: hello\"}"));
    int code =
        launch(
            "generate",
            "--model=" + LauncherCopy.ROOT.resolve("examples/demo/model"),
            "--input=" + input,
            "--output=" + folder.resolve("out"),
            "--dedupe=false", // Equal rows are work here.
            "--ignoreEos",
            "--maxTokens=16",
            "--maxNumSeqs=16");
    assertThat(code).as(log()).isZero();
    assertThat(Files.readAllLines(calls())).hasSize(3);
    assertThat(folder.resolve("out/_SUCCESS")).exists();
    assertThat(folder.resolve("out/job.json")).content().contains("\"results\" : 60");
  }
}
