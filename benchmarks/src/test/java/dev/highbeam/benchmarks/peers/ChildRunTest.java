// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChildRunTest {

  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir Path folder;

  @Test
  void givenCommand_run_bothStreamsInLinesAndLog() throws Exception {
    Path log = folder.resolve("logs/run.log");

    List<String> lines = ChildRun.run(shell("echo one; echo two >&2"), log, LONG);

    assertThat(lines).containsExactly("one", "two");
    assertThat(Files.readAllLines(log)).isEqualTo(lines);
  }

  @Test
  void givenFailingCommand_run_saysWhy() {
    String script = "echo first; echo java.lang.OutOfMemoryError: heap; echo '  at x'; exit 3";

    assertThatThrownBy(() -> ChildRun.run(shell(script), folder.resolve("log"), LONG))
        .isInstanceOf(FailedRunException.class)
        .hasMessageContaining("ended with 3: java.lang.OutOfMemoryError: heap");
  }

  @Test
  void givenCommandThatDoesNotEnd_run_endsIt() throws IOException {
    Path log = folder.resolve("log");
    Path queue = folder.resolve("queue");
    assertThatThrownBy(
            () ->
                ChildRun.run(
                    shell("mkfifo " + queue + "; exec cat " + queue), log, Duration.ofMillis(50)))
        .isInstanceOf(FailedRunException.class)
        .hasMessageContaining("longer");
  }

  private static List<String> shell(String script) {
    return List.of("/bin/sh", "-c", script);
  }
}
