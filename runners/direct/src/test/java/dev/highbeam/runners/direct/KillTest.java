// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
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

  private static final int ROWS = 432;
  private static final int EQUAL = ROWS / 6;
  private static final int TOKENS = 32;
  private static final int SEQUENCES = 8;
  private static final int JOURNAL_ROWS = 3;

  /**
   * What a kill may cost, in tokens: the rows that run, and of each of four threads a part of a
   * journal that is not full yet, for the shard that ends and the next.
   */
  private static final long COST = (long) TOKENS * (SEQUENCES + 4 * 2 * JOURNAL_ROWS);

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
    command.add("-Dhighbeam.counters.dir=" + folder.resolve("engines"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("generate", "--model=" + DEMO.resolve("model"), "--device=cpu"));
    command.addAll(List.of("--input=" + folder.resolve("in.jsonl"), "--output=" + output));
    command.addAll(List.of("--promptTemplate=Message: {{message}}", "--maxTokens=" + TOKENS));
    command.addAll(List.of("--ignoreEos", "--maxNumSeqs=" + SEQUENCES, "--progress=none"));
    command.addAll(List.of("--shardRows=40", "--journalRows=" + JOURNAL_ROWS));
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

  /** Kills the process once something is there. */
  private void killWhen(Path output, Sight sight) throws Exception {
    Process process = start(output);
    while (process.isAlive() && !isSeen(sight)) {
      process.waitFor(50, TimeUnit.MILLISECONDS);
    }
    boolean isRunning = process.isAlive();
    process.destroyForcibly().waitFor();
    assertThat(isRunning).as("still running: " + Files.readString(folder.resolve("log"))).isTrue();
    assertThat(output.resolve("_SUCCESS")).doesNotExist();
  }

  private interface Sight {
    boolean isThere() throws IOException;
  }

  private static boolean isSeen(Sight sight) {
    try {
      return sight.isThere();
    } catch (IOException | UncheckedIOException e) {
      return false; // A file went while we looked.
    }
  }

  /** Tokens that all processes so far have generated, those that were killed included. */
  private long decoded() throws IOException {
    long tokens = 0;
    if (Files.isDirectory(folder.resolve("engines"))) {
      try (Stream<Path> files = Files.list(folder.resolve("engines"))) {
        for (Path file : files.toList()) {
          tokens += new ObjectMapper().readTree(file.toFile()).path("output_tokens").asLong();
        }
      }
    }
    return tokens;
  }

  private static long filesIn(Path output) throws IOException {
    try (Stream<Path> files = Files.walk(output)) {
      return files.count();
    }
  }

  @Test
  void givenKillsWhileArrangingAndAt10And50And90Percent_onlyMissingRowsAreComputed()
      throws Exception {
    Path calm = folder.resolve("calm");
    finish(calm);
    List<String> expected = OutputRows.results(calm);
    assertThat(expected).hasSize(ROWS + EQUAL);
    assertThat(OutputRows.record(calm).at("/rows/deduplicated").asLong()).isEqualTo(EQUAL);
    long total = OutputRows.record(calm).at("/tokens/output_computed").asLong();
    assertThat(decoded()).isEqualTo(total);

    Path output = folder.resolve("out");
    int seen = 1 + new Random(2611).nextInt(6);
    killWhen(output, () -> filesIn(output) >= seen);
    long durable = Durable.of(output).all().computedOutputTokens();
    for (int percent : List.of(10, 50, 90)) {
      long before = decoded();
      // Not rows: a commit counts equal ones too, which cost nothing.
      killWhen(
          output,
          () -> Durable.of(output).all().computedOutputTokens() >= total * percent / 100);
      long now = Durable.of(output).all().computedOutputTokens();
      assertThat(decoded() - before)
          .as("tokens that the run to %s %% decoded", percent)
          .isBetween(now - durable, now - durable + COST);
      durable = now;
    }
    assertThat(durable).isBetween(total * 9 / 10, total - 1);

    long before = decoded();
    finish(output);
    assertThat(decoded() - before).isEqualTo(total - durable);
    assertThat(OutputRows.results(output)).isEqualTo(expected);
    assertThat(OutputRows.record(output).at("/tokens/output").asLong())
        .isEqualTo(OutputRows.record(calm).at("/tokens/output").asLong());
    assertThat(OutputRows.record(output).at("/tokens/output_computed").asLong())
        .isEqualTo(total - durable);
    assertThat(output.resolve("journal")).doesNotExist();

    before = decoded();
    finish(output);
    assertThat(decoded()).as("a third run computes nothing").isEqualTo(before);
    assertThat(OutputRows.record(output).at("/tokens/output_computed").asLong()).isZero();
    assertThat(OutputRows.record(output).at("/engine").isNull())
        .as("no engine was started")
        .isTrue();
    assertThat(OutputRows.record(output).at("/seconds").asDouble()).isLessThan(30);
    assertThat(OutputRows.results(output)).isEqualTo(expected);
  }
}
