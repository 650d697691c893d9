// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several processes on one cache folder, one of them killed in the middle of its work. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class SharedFolderTest {

  private static final int PROCESSES = 8;
  private static final int KEYS = 24;

  @TempDir Path root;

  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void endAll() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void S0_6_givenEightProcessesAndAKilledHolder_get_buildsEachKeyOnce() throws Exception {
    Path folder = root.resolve("cache");
    Path log = root.resolve("log");
    Process holder = start("hold", folder.toString());
    assertThat(line(holder)).isEqualTo("building");
    List<Process> fillers = new ArrayList<>();
    for (int i = 0; i < PROCESSES; i++) {
      // Half of them begin at the key that is held, so that they wait for it.
      String first = Integer.toString(i % 2 == 0 ? 0 : i);
      fillers.add(start("fill", folder.toString(), log.toString(), first, Integer.toString(KEYS)));
    }
    for (Process filler : fillers) {
      assertThat(line(filler)).isEqualTo("started");
    }
    // While the holder lives, no one else builds its key: the others fill all the rest.
    for (Process filler : fillers) {
      assertThat(filler.isAlive()).isTrue();
    }
    assertThat(built(log)).doesNotContain("0");
    holder.destroyForcibly().waitFor();

    for (Process filler : fillers) {
      assertThat(line(filler)).matches("builds \\d+ corrupt 0");
      assertThat(filler.waitFor()).isZero();
    }
    assertThat(built(log))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, KEYS).mapToObj(Integer::toString).toList());
    assertThat(names(folder))
        .allMatch(name -> name.matches("[a-z0-9._-]{1,128}"))
        .noneMatch(name -> name.startsWith("tmp-"))
        .filteredOn(name -> !name.endsWith(".lock"))
        .hasSize(KEYS);
  }

  private Process start(String... args) throws IOException {
    Process process = CacheProcess.start(root.resolve("errors" + processes.size()), args);
    processes.add(process);
    return process;
  }

  private static String line(Process process) throws IOException {
    // A process gives the same reader each time, so nothing read ahead is lost.
    return process.inputReader().readLine();
  }

  private static List<String> built(Path log) throws IOException {
    return Files.exists(log) ? Files.readAllLines(log) : List.of();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.map(path -> path.getFileName().toString()).toList();
    }
  }
}
