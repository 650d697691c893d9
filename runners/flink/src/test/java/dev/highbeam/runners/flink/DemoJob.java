// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.flink;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** A generate job over the demo's model, and what it wrote. */
final class DemoJob {

  private static final Path DEMO = LocalCluster.ROOT.resolve("examples/demo");

  /** Every column that may not depend on how a row was computed; ordered, as one text per row. */
  private static final String ROWS =
      "SELECT CAST(r AS VARCHAR) FROM (SELECT * EXCLUDE (attempt, num_cached_tokens)"
          + " FROM '%s/results/*.parquet') r ORDER BY source, position, sample_index";

  private static final String ERRORS =
      "SELECT code || ' ' || custom_id FROM '%s/errors/*.parquet' ORDER BY source, position";

  private DemoJob() {}

  /** Writes messages into files of five, each a split of its own. */
  static Path input(Path folder, int files) throws IOException {
    List<String> messages = Files.readAllLines(DEMO.resolve("messages.jsonl"));
    Files.createDirectories(folder);
    for (int i = 0; i < files; i++) {
      List<String> part = new ArrayList<>();
      for (int j = 0; j < 5; j++) {
        part.add(messages.get((5 * i + j) % messages.size()));
      }
      Files.write(folder.resolve("part-" + (1000 + i) + ".jsonl"), part);
    }
    return folder;
  }

  static List<String> arguments(Path input, Path output, String... more) {
    List<String> arguments = new ArrayList<>(List.of("generate"));
    arguments.addAll(List.of("--config=" + DEMO.resolve("job.yaml")));
    arguments.addAll(List.of("--model=" + DEMO.resolve("model"), "--input=" + input));
    arguments.addAll(List.of("--output=" + output, "--outputTokenIds", "--temperature=0.7"));
    arguments.addAll(List.of("--progress=none", "--maxNumSeqs=16", "--dedupe=false"));
    arguments.addAll(List.of(more));
    return arguments;
  }

  /** The rows of the same job on the Direct runner, in this process. */
  static List<String> expected(Path input, Path output, String... more) throws Exception {
    runDirect(arguments(input, output, more));
    return rows(output);
  }

  /** Runs a command on the Direct runner, in this process. */
  static void runDirect(List<String> arguments) throws Exception {
    StringWriter log = new StringWriter();
    Engines engines =
        new Engines(
            ModelCheck::check,
            new BeamStarter(
                settings -> {
                  DirectOptions options = PipelineOptionsFactory.create().as(DirectOptions.class);
                  options.setRunner(DirectRunner.class);
                  options.setBlockOnRun(false);
                  return options;
                },
                SharedEngines::acquire),
            () -> null);
    Terminal terminal = Terminal.of(new PrintWriter(log), new PrintWriter(log), Map.of());
    int code = new Highbeam(terminal, engines).run(arguments.toArray(new String[0]));
    assertThat(code).as(log.toString()).isZero();
  }

  /** The deterministic columns of all rows of an output folder, one text per row. */
  static List<String> rows(Path output) throws SQLException {
    return query(ROWS.formatted(output));
  }

  /** Code and id of each row in errors, in the order of the input. */
  static List<String> errors(Path output) throws SQLException {
    return query(ERRORS.formatted(output));
  }

  private static List<String> query(String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        rows.add(result.getString(1));
      }
    }
    return rows;
  }
}
