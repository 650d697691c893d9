// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.ModelSummary;
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
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** The generate command over the echo engine, as a user gives it. */
final class EchoJob {

  /** The fingerprint of the model's files. */
  String weights = "f00d";

  private final Path input;
  private StringWriter err = new StringWriter();

  EchoJob(Path folder) {
    input = folder.resolve("in.jsonl");
  }

  void write(List<String> lines) throws IOException {
    Files.write(input, lines);
  }

  int run(Path output, String... more) throws InterruptedException {
    err = new StringWriter();
    Engines engines =
        new Engines(
            config ->
                new ModelSummary(
                    "echo", "Echo", 1, 1, 128, 64, 1, 1, Settings.none(SamplingSetting.class)),
            new BeamStarter(
                settings -> {
                  DirectOptions options = PipelineOptionsFactory.create().as(DirectOptions.class);
                  options.setRunner(DirectRunner.class);
                  options.setTargetParallelism(2);
                  options.setBlockOnRun(false);
                  return options;
                },
                EchoEngine::acquire,
                config -> weights),
            () -> null);
    List<String> args =
        new ArrayList<>(List.of("generate", "--model=m", "--input=" + input, "--output=" + output));
    args.addAll(List.of("--shardRows=40", "--progress=none", "--maxErrorRatio=0.5"));
    args.addAll(List.of(more));
    Terminal terminal =
        new Terminal(new PrintWriter(new StringWriter()), new PrintWriter(err), false, 80, false);
    return new Highbeam(terminal, engines).run(args.toArray(String[]::new));
  }

  /** What the last run said. */
  String err() {
    return err.toString();
  }

  JsonNode record(Path output) throws IOException {
    return new ObjectMapper().readTree(output.resolve("job.json").toFile());
  }

  /** The answer of DuckDB, one text per row; OUT stands for the folder. */
  List<String> query(Path output, String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql.replace("OUT", output.toString()))) {
      while (result.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getString(i));
        }
        rows.add(String.join("|", row));
      }
    }
    return rows;
  }
}
