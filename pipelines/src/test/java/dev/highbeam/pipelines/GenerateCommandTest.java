// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.highbeam.pipelines.cli.Engines;
import dev.highbeam.pipelines.cli.Highbeam;
import dev.highbeam.pipelines.cli.Terminal;
import dev.highbeam.runtime.api.SamplingSetting;
import dev.highbeam.runtime.api.Settings;
import dev.highbeam.runtime.engine.ModelSummary;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The generate command from what is typed to what DuckDB reads, on the Direct runner. */
final class GenerateCommandTest {

  @TempDir Path folder;
  private Path input;
  private Path output;
  private String weights = "f00d";
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void setUp() {
    input = folder.resolve("in.jsonl");
    output = folder.resolve("out");
  }

  private int run(String... more) throws InterruptedException {
    Engines engines =
        new Engines(
            config ->
                new ModelSummary(
                    "echo", "Echo", 1, 1, 128, 64, 1, 1, Settings.none(SamplingSetting.class)),
            new BeamStarter(
                settings -> {
                  // Immutability and encodability checks stay on here: they test our DoFns.
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
    args.addAll(List.of(more));
    Terminal terminal =
        new Terminal(new PrintWriter(new StringWriter()), new PrintWriter(err), false, 80, false);
    return new Highbeam(terminal, engines).run(args.toArray(String[]::new));
  }

  private void write(String... lines) throws Exception {
    Files.write(input, List.of(lines));
  }

  private JsonNode record() throws Exception {
    return new ObjectMapper().readTree(output.resolve("job.json").toFile());
  }

  private List<String> query(String sql) throws SQLException {
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

  @Test
  void givenOptionOfAnotherRunner_isRefused() throws Exception {
    write("{\"prompt\": \"a\"}");
    assertThat(run("--parallelism=2")).isEqualTo(2);
    assertThat(err.toString())
        .contains("--parallelism is the Flink runner's, and this is the Direct runner");
    assertThat(output.resolve("results")).doesNotExist();
  }

  @Test
  void givenGoodAndBadRows_eachEndsOnce_andTheRecordAgreesWithTheFiles() throws Exception {
    write(
        "{\"id\": \"a\", \"message\": \"hello\", \"label\": 1}",
        "this is no JSON",
        "{\"id\": \"b\", \"message\": \"hello world\", \"temperature\": 9000}",
        "{\"id\": \"c\", \"label\": 2}",
        "{\"id\": \"d\", \"message\": \"bye\", \"n\": 2}");
    int code =
        run(
            "--idColumn=id",
            "--promptTemplate=M: {{message}}",
            "--maxTokens=6",
            "--outputTokenIds",
            "--maxErrorRatio=0.6",
            "--progress=none");
    assertThat(code).as(err.toString()).isZero();
    assertThat(output.resolve("_SUCCESS")).exists();
    // "M: hello" and "M: bye" cut at six characters.
    assertThat(
            query(
                "SELECT position, id, sample_index, generated_text, finish_reason, label,"
                    + " len(token_ids), numerics_id FROM 'OUT/results/*.parquet' ORDER BY ALL"))
        .containsExactly(
            "1|a|0|M: hel|length|1|6|echo-1",
            "5|d|0|M: bye|stop|null|6|echo-1",
            "5|d|1|M: bye|stop|null|6|echo-1");
    assertThat(query("SELECT position, code FROM 'OUT/errors/*.parquet' ORDER BY ALL"))
        .containsExactly("2|BAD_REQUEST", "3|BAD_REQUEST", "4|TEMPLATE");
    assertThat(record().at("/rows").toString())
        .isEqualTo(
            "{\"input\":5,\"served\":2,\"results\":3,\"errors\":3,"
                + "\"errors_by_code\":{\"BAD_REQUEST\":2,\"TEMPLATE\":1},\"recovered\":0,"
                + "\"deduplicated\":0,\"reused\":0,\"open_by_code\":{}}");
    assertThat(record().at("/tokens/input").asInt()).isEqualTo(8 + 6);
    assertThat(record().at("/tokens/output").asInt())
        .isEqualTo(
            Integer.parseInt(
                query("SELECT sum(num_generated_tokens) FROM 'OUT/results/*.parquet'").get(0)));
  }

  @Test
  void S4_3_givenAJob_theEffectiveConfigIsPrintedHashedAndInEveryFooter() throws Exception {
    write("{\"prompt\": \"hello\"}");
    assertThat(run("--seed=0", "--topK=0", "--progress=none")).as(err.toString()).isZero();
    String hash = record().at("/config_sha256").asText();
    assertThat(hash).matches("[0-9a-f]{64}");
    assertThat(err.toString())
        .contains("generate, config " + hash.substring(0, 12))
        .contains(" seed=0");
    for (String table : List.of("results", "errors")) {
      String entries = "parquet_kv_metadata('OUT/" + table + "/*.parquet')";
      String value = "SELECT decode(value) FROM " + entries + " WHERE decode(key) = '%s'";
      assertThat(query(value.formatted("highbeam.config_sha256"))).containsExactly(hash);
      JsonNode config =
          new ObjectMapper().readTree(query(value.formatted("highbeam.config")).get(0));
      assertThat(config.at("/seed").intValue()).isZero();
      assertThat(config.at("/top_k").intValue()).isZero();
      assertThat(config.at("/max_num_seqs").intValue()).isEqualTo(256);
      assertThat(config.size()).isEqualTo(record().at("/config").size());
    }
    assertThat(run("--seed=1", "--topK=0", "--progress=none", "--mode=fresh")).isZero();
    assertThat(record().at("/config_sha256").asText()).isNotEqualTo(hash);
  }

  @Test
  void givenOnlyBadRows_exitsThreeWithoutAnyResult() throws Exception {
    write("no", "nor this", "{\"prompt\": \"\"}");
    assertThat(run()).as(err.toString()).isEqualTo(3);
    assertThat(query("SELECT count(*) FROM 'OUT/results/*.parquet'")).containsExactly("0");
    assertThat(query("SELECT count(*) FROM 'OUT/errors/*.parquet'")).containsExactly("3");
    assertThat(output.resolve("_SUCCESS")).doesNotExist();
    assertThat(record().at("/rows/errors").asInt()).isEqualTo(3);
  }

  @Test
  void givenSameJobTwice_rowsAreEqual_andAnotherSeedShowsInThem() throws Exception {
    write("{\"prompt\": \"a\"}", "{\"prompt\": \"b\", \"seed\": 0}");
    String rows = "SELECT prompt, seed FROM 'OUT/results/*.parquet' ORDER BY ALL";
    assertThat(run()).isZero();
    List<String> first = query(rows);
    assertThat(run("--mode=fail")).isEqualTo(2);
    assertThat(run("--mode=fresh", "--seed=0")).isZero();
    assertThat(query(rows)).isEqualTo(first);
    assertThat(run("--mode=fresh", "--seed=1")).isZero();
    assertThat(query(rows).get(0)).isNotEqualTo(first.get(0));
    assertThat(query(rows).get(1)).isEqualTo(first.get(1)).isEqualTo("b|0");
  }

  @Test
  void givenColumnThatNoRowHas_exitsTwoBeforeAnyWork() throws Exception {
    write("{\"text\": \"a\"}");
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString())
        .contains(
            "prompt_column must be a column of the input, was 'prompt' (the columns are text)");
    assertThat(run("--promptTemplate={{txt}}")).isEqualTo(2);
    assertThat(output.resolve("results")).doesNotExist();
  }

  @Test
  void givenEngineThatCannotStart_exitsTwoWithItsSentence() throws Exception {
    write("{\"prompt\": \"a\"}");
    assertThat(run("--cpuThreads=1000")).as(err.toString()).isEqualTo(2);
    assertThat(err.toString()).contains("highbeam: the echo has no room for its cache");
    assertThat(err.toString()).doesNotContain("\tat ");
  }
}
