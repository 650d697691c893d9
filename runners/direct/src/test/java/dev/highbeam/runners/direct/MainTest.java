// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program as a process of its own: exit codes, signals, and a real model from end to end. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class MainTest {

  private static final Path STORIES = Path.of("data", "stories260k", "hf");

  @TempDir Path folder;

  private Process start(Path log, List<String> jvmOptions, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "--add-modules", "jdk.incubator.vector"));
    command.addAll(jvmOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(args));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private int run(Path log, List<String> jvmOptions, String... args) throws Exception {
    return start(log, jvmOptions, args).waitFor();
  }

  /** The model lies beside the repository where there is one. */
  private static Path model() {
    Path at = Path.of("").toAbsolutePath();
    while (at != null) {
      Path model = at.resolve("shared").resolve(STORIES);
      if (Files.isDirectory(model)) {
        return model;
      }
      at = at.getParent();
    }
    assumeTrue(false, "there is no shared/" + STORIES + " above the working folder");
    throw new IllegalStateException("assumptions throw");
  }

  private Path prompts(int count) throws IOException {
    Path input = folder.resolve("in.jsonl");
    Files.write(input, Collections.nCopies(count, "{\"prompt\": \"Once upon a time\"}"));
    return input;
  }

  private static String query(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    }
  }

  @Test
  void givenMistake_exitsTwoBeforeAnythingOfBeamIsLoaded() throws Exception {
    Path log = folder.resolve("log");
    Path input = prompts(1);
    int code =
        run(
            log,
            List.of("-Xlog:class+load"),
            "generate",
            "--model=" + folder.resolve("none"),
            "--input=" + input,
            "--output=" + folder.resolve("out"));
    String text = Files.readString(log);
    assertThat(code).isEqualTo(2);
    assertThat(text)
        .contains("highbeam: --model: ")
        .contains("dev.highbeam.pipelines.cli.Highbeam");
    assertThat(text).doesNotContain(" org.apache.beam.sdk.options.PipelineOptionsFactory");
    assertThat(text).doesNotContain(" org.apache.beam.runners.direct.");
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void givenRealModel_writesRowsThatAgreeWithTheRecord() throws Exception {
    Path model = model();
    Path input = prompts(20);
    Files.writeString(
        input, Files.readString(input) + "broken\n{\"prompt\": \"A dog\", \"max_tokens\": 3}\n");
    Path out = folder.resolve("out");
    Path log = folder.resolve("log");
    int code =
        run(
            log,
            List.of(),
            "generate",
            "--model=" + model,
            "--input=" + input,
            "--output=" + out,
            "--maxTokens=8",
            "--ignoreEos",
            "--temperature=0",
            "--dtype=float32");
    assertThat(code).as(Files.readString(log)).isZero();
    assertThat(out.resolve("_SUCCESS")).exists();
    String record = Files.readString(out.resolve("job.json"));
    assertThat(record)
        .contains("\"input\" : 22", "\"results\" : 21", "\"errors\" : 1", "\"output\" : 163");
    String results = "'" + out + "/results/*.parquet'";
    assertThat(query("SELECT count(*) FROM " + results)).isEqualTo("21");
    // Twenty rows of eight tokens and one of three.
    assertThat(query("SELECT sum(num_generated_tokens) FROM " + results)).isEqualTo("163");
    assertThat(query("SELECT count(DISTINCT generated_text) FROM " + results)).isEqualTo("2");
    assertThat(query("SELECT position FROM '" + out + "/errors/*.parquet'")).isEqualTo("21");
    String fingerprint = query("SELECT any_value(model_fingerprint) FROM " + results);
    assertThat(record).contains("\"model_fingerprint\" : \"" + fingerprint + "\"");
  }

  @Test
  void givenSigterm_recordsTheJobAndExitsWith143() throws Exception {
    Path model = model();
    Path out = folder.resolve("out");
    Path log = folder.resolve("log");
    Process process =
        start(
            log,
            List.of(),
            "generate",
            "--model=" + model,
            "--input=" + prompts(5000),
            "--output=" + out,
            "--dedupe=false", // Equal rows are work here.
            "--ignoreEos",
            "--progress=plain");
    // The lock has its text from the moment on when there is something to stop.
    while (process.isAlive() && !hasText(out.resolve(".highbeam.lock"))) {
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
    process.destroy();
    assertThat(process.waitFor()).as(Files.readString(log)).isEqualTo(143);
    assertThat(out.resolve("job.json")).content().contains("\"outcome\" : \"cancelled\"");
    assertThat(out.resolve("_SUCCESS")).doesNotExist();
  }

  private static boolean hasText(Path file) throws IOException {
    return Files.exists(file) && Files.size(file) > 0;
  }
}
