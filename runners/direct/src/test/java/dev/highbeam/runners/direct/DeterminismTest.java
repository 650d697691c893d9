// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.highbeam.pipelines.BeamStarter;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.runtime.engine.ModelCheck;
import dev.highbeam.runtime.engine.SharedEngines;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Promise P3 through the whole program: the same rows, in many bundles over one thread or eight, in
 * small or large steps, with or without room for them all, give the same Parquet rows.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
final class DeterminismTest {

  /** Every column that may not depend on how a row was computed; ordered, as one text per row. */
  private static final String ROWS =
      "SELECT CAST(r AS VARCHAR) FROM (SELECT * EXCLUDE (attempt, num_cached_tokens)"
          + " FROM '%s/results/*.parquet') r ORDER BY source, position, sample_index";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "reference"})
  void givenOneThreadOrEight_rowsAreIdentical(String device) throws Exception {
    Path model = model();
    Path input = bundlesOfManySizes();
    List<String> alone =
        rows(model, input, device, "alone", "--targetParallelism=1", "--maxNumSeqs=1");
    // Files of 1 to 19 rows are 190 rows, and every fifth row has two samples: 38 more.
    assertThat(alone).hasSize(228).doesNotHaveDuplicates();

    assertThat(rows(model, input, device, "eight", "--targetParallelism=8", "--maxNumSeqs=32"))
        .isEqualTo(alone);
    assertThat(Files.readString(folder.resolve("eight/job.json")))
        .as("steps hold rows of more than one bundle")
        .doesNotContain("\"shared\" : 0,");
    assertThat(
            rows(
                model,
                input,
                device,
                "tight",
                "--targetParallelism=8",
                "--maxNumSeqs=32",
                "--maxModelLen=128",
                "--numGpuBlocksOverride=36",
                "--blockSize=4",
                "--longPrefillTokenThreshold=7",
                "--enablePrefixCaching=false",
                "--asyncScheduling=true"))
        .isEqualTo(alone);
    assertThat(Files.readString(folder.resolve("tight/job.json")))
        .doesNotContain("\"preemptions\" : 0,");
  }

  @Test
  void givenEqualRowsAndCommonBeginnings_arrangedAndReusedRowsAreThoseOfTheInputAsItIs()
      throws Exception {
    Path model = model();
    Path input = Files.createDirectories(folder.resolve("stories"));
    for (int file = 0; file < 4; file++) {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < 15; i++) {
        String story = "Once there was a dog, and number " + i % 5 + " was its name. ";
        lines.add(
            "{\"prompt\": \""
                + story.repeat(3)
                + (i % 3 == 0 ? "The sun" : "It was day " + file * i)
                + "\", \"row\": "
                + (15 * file + i)
                + (i % 4 == 0 ? ", \"n\": 2" : "")
                + "}");
      }
      Files.write(input.resolve("part-" + file + ".jsonl"), lines);
    }
    String[] plain = {"--dedupe=false", "--groupPrefixes=false", "--maxTokens=12"};
    List<String> rows = rows(model, input, "cpu", "plain", plain);
    String[] arranged = {"--dedupe", "--groupPrefixes", "--longestFirst", "--maxTokens=12"};
    assertThat(rows(model, input, "cpu", "arranged", arranged)).isEqualTo(rows);
    assertThat(Files.readString(folder.resolve("arranged/job.json")))
        .doesNotContain("\"deduplicated\" : 0,");
    assertThat(Files.readString(folder.resolve("plain/job.json")))
        .contains("\"deduplicated\" : 0,");
    String[] reusing = {"--reuse=" + folder.resolve("plain"), "--maxTokens=12"};
    assertThat(rows(model, input, "cpu", "reusing", reusing)).isEqualTo(rows);
    assertThat(Files.readString(folder.resolve("reusing/job.json")))
        .contains("\"output_computed\" : 0,");
  }

  /** Files of 1 to 19 rows, each a split of its own, with all kinds of parameters mixed. */
  private Path bundlesOfManySizes() throws IOException {
    Path input = Files.createDirectories(folder.resolve("input"));
    Random random = new Random(8);
    int number = 0;
    for (int file = 0; file < 19; file++) {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i <= file; i++) {
        number++;
        String extra =
            number % 2 == 0 ? ", \"temperature\": 0" : ", \"top_p\": 0.95, \"top_k\": 50";
        extra += number % 3 == 0 ? ", \"repetition_penalty\": 1.3, \"presence_penalty\": 0.5" : "";
        extra += number % 5 == 0 ? ", \"n\": 2" : "";
        extra += number % 7 == 0 ? ", \"stop\": [\"the\", \".\"]" : "";
        lines.add(
            "{\"prompt\": \"Once there was a "
                + "little ".repeat(random.nextInt(6))
                + "dog number "
                + number
                + "\", \"max_tokens\": "
                + (20 + random.nextInt(40))
                + extra
                + "}");
      }
      Files.write(input.resolve("part-" + (100 + file) + ".jsonl"), lines);
    }
    return input;
  }

  private List<String> rows(Path model, Path input, String device, String name, String... options)
      throws Exception {
    Path output = folder.resolve(name);
    List<String> arguments = new ArrayList<>(List.of("generate", "--model=" + model));
    arguments.addAll(List.of("--input=" + input, "--output=" + output, "--dtype=float32"));
    arguments.addAll(List.of("--logprobs=2", "--ignoreEos", "--outputTokenIds", "--progress=none"));
    arguments.add("--device=" + device);
    arguments.addAll(List.of(options));
    StringWriter log = new StringWriter();
    Terminal terminal = Terminal.of(new PrintWriter(log), new PrintWriter(log), Map.of());
    Engines engines =
        new Engines(
            ModelCheck::check,
            new BeamStarter(DirectRunnerOptions::of, SharedEngines::acquire),
            Main::running);
    int code = new Highbeam(terminal, engines).run(arguments.toArray(new String[0]));
    assertThat(code).as(log.toString()).isZero();
    List<String> rows = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(ROWS.formatted(output))) {
      while (result.next()) {
        rows.add(result.getString(1));
      }
    }
    return rows;
  }

  private static Path model() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path model = at.resolve("shared/data/stories260k/hf");
      if (Files.isDirectory(model)) {
        return model;
      }
    }
    assumeTrue(false, "there is no shared/data/stories260k/hf above the working folder");
    throw new IllegalStateException("assumptions throw");
  }
}
