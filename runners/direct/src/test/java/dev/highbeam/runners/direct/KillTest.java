// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Promise P4: a process that is killed at any point costs only what was not durable. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class KillTest {

  private static final Path DEMO =
      Path.of(System.getProperty("highbeam.root", "../.."), "examples", "demo").toAbsolutePath();

  @TempDir Path folder;

  /** The demo's messages, and every sixth of them again. */
  @BeforeEach
  void setUp() throws IOException {
    List<String> messages = Files.readAllLines(DEMO.resolve("messages.jsonl"));
    List<String> lines = new ArrayList<>(messages);
    for (int i = 0; i < messages.size(); i += 6) {
      lines.add(messages.get(i));
    }
    Files.write(folder.resolve("in.jsonl"), lines);
  }

  private Process start(Path output) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "--add-modules", "jdk.incubator.vector"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("generate", "--model=" + DEMO.resolve("model"), "--device=cpu"));
    command.addAll(List.of("--input=" + folder.resolve("in.jsonl"), "--output=" + output));
    command.addAll(List.of("--promptTemplate=Message: {{message}}", "--maxTokens=32"));
    command.addAll(List.of("--ignoreEos", "--maxNumSeqs=8", "--progress=none"));
    command.addAll(List.of("--shardRows=40", "--journalRows=3"));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log").toFile())
        .start();
  }

  private void finish(Path output) throws Exception {
    int code = start(output).waitFor();
    assertThat(code).as(Files.readString(folder.resolve("log"))).isZero();
    assertThat(output.resolve("_SUCCESS")).exists();
  }

  /** Kills once so many files of the job were there, or once it has ended. */
  private void killAt(Path output, int files) throws Exception {
    Process process = start(output);
    while (process.isAlive() && filesIn(output) < files) {
      process.waitFor(10, TimeUnit.MILLISECONDS);
    }
    process.destroyForcibly().waitFor();
  }

  private static long filesIn(Path output) {
    if (!Files.isDirectory(output)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(output)) {
      return files.count();
    } catch (IOException | UncheckedIOException e) {
      return 0; // A folder went while we looked.
    }
  }

  @Test
  void givenKillsAtRandomPoints_rowsAreThoseOfAnUndisturbedRun_andOnlyMissingOnesAreComputed()
      throws Exception {
    Path calm = folder.resolve("calm");
    finish(calm);
    List<String> expected = OutputRows.results(calm);
    assertThat(expected).hasSize(432 + 72);
    assertThat(OutputRows.record(calm).at("/rows/deduplicated").asLong()).isEqualTo(72);
    long total = OutputRows.record(calm).at("/tokens/output_computed").asLong();

    Random random = new Random(2611);
    Path output = folder.resolve("out");
    killAt(output, 1 + random.nextInt(6)); // While the work list is made.
    long before = 0;
    for (int kill = 0; kill < 3; kill++) {
      killAt(output, (int) filesIn(output) + 8 + random.nextInt(40));
      long now = Durable.of(output).all().computedOutputTokens();
      assertThat(now).isGreaterThanOrEqualTo(before);
      before = now;
    }
    assertThat(output.resolve("_SUCCESS")).doesNotExist();
    assertThat(before).as("something was durable, something was not").isBetween(1L, total - 1);

    finish(output);
    assertThat(OutputRows.results(output)).isEqualTo(expected);
    assertThat(OutputRows.record(output).at("/tokens/output").asLong())
        .isEqualTo(OutputRows.record(calm).at("/tokens/output").asLong());
    assertThat(OutputRows.record(output).at("/tokens/output_computed").asLong()).isEqualTo(total - before);
    assertThat(output.resolve("journal")).doesNotExist();

    finish(output);
    assertThat(OutputRows.record(output).at("/tokens/output_computed").asLong()).isZero();
    assertThat(OutputRows.record(output).at("/engine").isNull())
        .as("no engine was started")
        .isTrue();
    assertThat(OutputRows.results(output)).isEqualTo(expected);
  }
}
