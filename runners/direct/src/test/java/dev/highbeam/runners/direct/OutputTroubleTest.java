// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Output folders that are full, read-only, damaged or somebody else's, on real processes. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "mounts, limits and modes are those of POSIX")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
final class OutputTroubleTest {

  private static final int ROWS = 80;

  @TempDir Path folder;
  private Path input;

  @BeforeEach
  void writeInput() throws IOException {
    input = folder.resolve("in.jsonl");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      // Columns travel with their rows: this one makes files large enough to fill a disk.
      lines.add("{\"prompt\": \"Message: no " + i + "\", \"note\": \"" + noise(i) + "\"}");
    }
    Files.write(input, lines);
  }

  /** A text that no codec makes much smaller. */
  private static String noise(int seed) {
    StringBuilder text = new StringBuilder();
    new java.util.Random(seed)
        .ints(2000, 'a', 'z' + 1)
        .forEach(letter -> text.append((char) letter));
    return text.toString();
  }

  private List<String> arguments(Path output, String... more) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(
        List.of("generate", "--model=" + LauncherCopy.ROOT.resolve("examples/demo/model")));
    arguments.addAll(List.of("--device=cpu", "--cpuThreads=1", "--input=" + input));
    arguments.addAll(List.of("--output=" + output, "--maxTokens=128", "--ignoreEos"));
    arguments.addAll(List.of("--maxNumSeqs=4", "--shardRows=20", "--targetParallelism=2"));
    // Slow enough on every machine that a stopped job has something left.
    arguments.add("--dtype=float32");
    arguments.addAll(List.of("--journalRows=2", "--progress=none"));
    arguments.addAll(List.of(more));
    return arguments;
  }

  private ChildProgram program(Path output, String... more) {
    return new ChildProgram(Main.class, folder.resolve("log"), arguments(output, more));
  }

  private List<String> expected() throws Exception {
    Path calm = folder.resolve("calm");
    ChildProgram.End end = program(calm).run();
    assertThat(end.code()).as(end.text()).isZero();
    List<String> rows = OutputRows.results(calm);
    assertThat(rows).hasSize(ROWS);
    return rows;
  }

  private void requireGoesOn(Path output, List<String> expected) throws Exception {
    ChildProgram.End end = program(output).run();
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(OutputRows.results(output)).isEqualTo(expected);
    assertThat(output.resolve("_SUCCESS")).exists();
    assertThat(output.resolve("journal")).doesNotExist();
  }

  private static void requireNoRows(Path output) throws IOException {
    assertThat(output.resolve("_SUCCESS")).doesNotExist();
    if (Files.exists(output.resolve("results"))) {
      try (Stream<Path> files = Files.list(output.resolve("results"))) {
        assertThat(files).noneMatch(file -> file.toString().endsWith(".parquet"));
      }
    }
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).start().waitFor();
  }

  @Test
  void givenRunningJob_aSecondOneIsRefusedWithItsName_andTheFirstGoesOn() throws Exception {
    Path output = folder.resolve("out");
    List<String> longer = arguments(output, "--minTokens=200");
    longer.replaceAll(
        argument -> argument.startsWith("--maxTokens") ? "--maxTokens=200" : argument);
    Process first =
        new ProcessBuilder(ChildProgram.command(Main.class, longer))
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("first").toFile())
            .start();
    try {
      Path lock = output.resolve(".highbeam.lock");
      while (first.isAlive() && (!Files.exists(lock) || Files.size(lock) == 0)) {
        first.waitFor(20, TimeUnit.MILLISECONDS);
      }
      ChildProgram.End second = program(output).run();
      assertThat(first.isAlive()).as("it runs while the second one is refused").isTrue();
      assertThat(second.code()).isEqualTo(2);
      assertThat(second.text())
          .contains("--output: another job writes to this folder (host=")
          .contains(" pid=" + first.pid() + " since=");
    } finally {
      first.destroyForcibly().waitFor();
    }
    assertThat(program(output, "--mode=fresh").run().code()).as("its holder is dead").isZero();
  }

  @Test
  void givenFullDisk_saysSo_showsNoRow_andGoesOnWhenThereIsRoom() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=256k", "none", disk.toString()) == 0,
        "only root may mount a small file system");
    try {
      Path output = disk.resolve("out");
      ChildProgram.End end = program(output).run();
      assertThat(end.code()).as(end.text()).isEqualTo(1);
      assertThat(end.text())
          .contains("highbeam: cannot write " + output)
          .contains("No space left on device; the same command goes on from here once that is");
      requireNoRows(output);
      assertThat(run("mount", "-o", "remount,size=64m", disk.toString())).isZero();
      requireGoesOn(output, expected());
    } finally {
      run("umount", disk.toString());
    }
  }

  @Test
  void givenReadOnlyFolder_isRefusedBeforeAnyWork() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    boolean isMounted = run("mount", "-t", "tmpfs", "-o", "ro", "none", disk.toString()) == 0;
    try {
      if (!isMounted) { // Root may write whatever modes say; nobody else may mount.
        assertThat(disk.toFile().setWritable(false)).isTrue();
      }
      ChildProgram.End end = program(disk).run();
      assertThat(end.code()).isEqualTo(2);
      assertThat(end.text())
          .contains("highbeam: --output: the folder " + disk + " is not writable")
          .doesNotContain("Engine ready");
      end = program(disk.resolve("below")).run();
      assertThat(end.code()).isEqualTo(2);
      assertThat(end.text()).contains("highbeam: --output: cannot make the folder " + disk);
    } finally {
      if (isMounted) {
        run("umount", disk.toString());
      }
    }
  }

  @Test
  void givenDamagedProgress_isNamed_andComputedAgain() throws Exception {
    Path output = folder.resolve("out");
    // Two shards of 20 rows and 128 tokens are open at most, so two are complete.
    ChildProgram.End end = program(output, "--tokenBudget=7700").run();
    assertThat(end.code()).as(end.text()).isEqualTo(3);
    Path journal = output.resolve("journal");
    List<Path> parts = files(journal, ".*part-\\d+\\.avro");
    List<Path> commits = files(journal, ".*shard-\\d+\\.json");
    List<Path> results = files(journal, ".*results\\.parquet");
    assertThat(parts).isNotEmpty();
    assertThat(commits).hasSizeGreaterThanOrEqualTo(2);
    flip(parts.get(0));
    for (Path part : parts.subList(1, parts.size())) {
      truncate(part);
    }
    truncate(commits.get(0));
    flip(results.get(1));

    end = program(output).run();
    assertThat(end.code()).as(end.text()).isZero();
    assertThat(end.text())
        .contains(parts.get(0) + " is damaged (it has other bytes than were written)")
        .contains("is not what its commit says")
        .contains(results.get(1).getFileName() + " has other bytes than were written");
    for (Path part : parts.subList(1, parts.size())) {
      assertThat(end.text()).contains(part + " is damaged (it has ");
    }
    assertThat(OutputRows.results(output)).isEqualTo(expected());
  }

  @Test
  void givenDamagedWorkList_isRefusedByItsName() throws Exception {
    Path output = folder.resolve("out");
    assertThat(program(output, "--tokenBudget=300").run().code()).isEqualTo(3);
    Path shard = output.resolve("worklist/shard-00002.avro");
    flip(shard);
    ChildProgram.End end = program(output).run();
    assertThat(end.code()).isEqualTo(2);
    assertThat(end.text())
        .contains("the work list is damaged: " + shard + " has other bytes than were written")
        .contains("begin again with --mode=fresh");
    requireNoRows(output);
    flip(shard);
    requireGoesOn(output, expected());
  }

  private static List<Path> files(Path below, String pattern) throws IOException {
    try (Stream<Path> files = Files.walk(below)) {
      return files.filter(file -> file.toString().matches(pattern)).sorted().toList();
    }
  }

  private static void truncate(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length / 2));
  }

  private static void flip(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 4;
    Files.write(file, bytes);
  }
}
