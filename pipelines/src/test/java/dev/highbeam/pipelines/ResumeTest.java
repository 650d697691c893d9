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
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a second run makes of what the first has left. */
final class ResumeTest {

  private static final String ROWS =
      "SELECT position, prompt, generated_text, seed FROM 'OUT/results/*.parquet' ORDER BY ALL";

  @TempDir Path folder;
  private Path input;
  private Path output;
  private String weights = "f00d";
  private StringWriter err = new StringWriter();

  @BeforeEach
  void setUp() throws Exception {
    input = folder.resolve("in.jsonl");
    output = folder.resolve("out");
    List<String> lines = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      lines.add(i % 10 == 0 ? "broken " + i : "{\"prompt\": \"prompt " + i + "\"}");
    }
    Files.write(input, lines);
  }

  private int run(String... more) throws InterruptedException {
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
    args.addAll(List.of("--shardRows=5", "--progress=none"));
    args.addAll(List.of(more));
    Terminal terminal =
        new Terminal(new PrintWriter(new StringWriter()), new PrintWriter(err), false, 80, false);
    return new Highbeam(terminal, engines).run(args.toArray(String[]::new));
  }

  private JsonNode record() throws Exception {
    return new ObjectMapper().readTree(output.resolve("job.json").toFile());
  }

  private List<String> query(String sql) throws Exception {
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

  /** As a process leaves it that dies before the end, with these shards unfinished. */
  private void unfinish(String... commits) throws Exception {
    Files.delete(output.resolve("_SUCCESS"));
    Files.delete(output.resolve("manifest.json"));
    for (String commit : commits) {
      Files.delete(output.resolve("journal/" + commit));
    }
  }

  @Test
  void givenDoneJob_secondRunComputesNothing_andProgressIsGone() throws Exception {
    assertThat(run()).as(err.toString()).isZero();
    assertThat(output.resolve("worklist")).doesNotExist();
    assertThat(output.resolve("journal")).doesNotExist();
    List<String> rows = query(ROWS);
    assertThat(rows).hasSize(18);
    assertThat(query("SELECT position FROM 'OUT/errors/*.parquet' ORDER BY 1"))
        .containsExactly("10", "20");
    String counts = record().at("/rows").toString().replaceFirst(",\"recovered.*", "");
    assertThat(record().at("/tokens/output_computed").asInt()).isPositive();
    assertThat(run()).as(err.toString()).isZero();
    assertThat(record().at("/tokens/output_computed").asInt()).isZero();
    assertThat(record().at("/rows/recovered").asInt()).isEqualTo(20);
    assertThat(record().at("/rows").toString()).startsWith(counts);
    assertThat(query(ROWS)).isEqualTo(rows);
  }

  @Test
  void givenLostCommits_onlyTheirShardsAreComputedAgain() throws Exception {
    assertThat(run("--keepJournal")).isZero();
    List<String> rows = query(ROWS);
    unfinish("shard-00001.json");
    // One flipped byte in another shard's file.
    Path damaged = output.resolve("journal/shard-00002.results.parquet");
    byte[] bytes = Files.readAllBytes(damaged);
    bytes[bytes.length / 2] ^= 1;
    Files.write(damaged, bytes);
    assertThat(run()).as(err.toString()).isZero();
    assertThat(query(ROWS)).isEqualTo(rows);
    // Four shards of 18 requests: 4, 5, 4, 5.
    int again = 0;
    for (String row : rows.subList(4, 13)) {
      again += row.split("\\|")[2].length();
    }
    assertThat(record().at("/tokens/output_computed").asInt()).isEqualTo(again);
    assertThat(record().at("/rows/recovered").asInt()).isEqualTo(20 - 9);
    assertThat(output.resolve("journal")).doesNotExist();
  }

  @Test
  void givenAnotherJob_isRefusedByTheNameOfWhatDiffers() throws Exception {
    assertThat(run()).isZero();
    assertThat(run("--temperature=0.5")).isEqualTo(2);
    assertThat(err.toString()).contains("temperature was 1.0 and is 0.5");
    assertThat(run("--promptTemplate={{prompt}}!")).isEqualTo(2);
    assertThat(err.toString()).contains("prompt_template was unset and is {{prompt}}!");
    weights = "beef";
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString()).contains("weights was f00d and is beef");
    weights = "f00d";
    assertThat(run("--cpuThreads=1", "--maxNumSeqs=3")).as("shapes no row").isZero();
    Files.writeString(input, Files.readString(input) + "{\"prompt\": \"new\"}\n");
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString()).contains("in.jsonl has ").contains(" bytes, had ");
    assertThat(run("--mode=fail")).isEqualTo(2);
    assertThat(run("--mode=fresh")).as(err.toString()).isZero();
    assertThat(query(ROWS)).hasSize(19);
  }

  @Test
  void givenChangedInputOfUnfinishedJob_isRefused_andRowsOfUnknownOriginToo() throws Exception {
    assertThat(run("--keepJournal")).isZero();
    unfinish();
    Files.setLastModifiedTime(input, FileTime.fromMillis(1_000_000));
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString()).contains("in.jsonl was written at 1970-01-01T00:16:40Z, before at");
    Files.delete(output.resolve("worklist/_DONE"));
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString()).contains("holds rows of a job that cannot be gone on with");
  }

  @Test
  void givenPlaceThatCannotBeWritten_saysSo_showsNoRow_andGoesOnLater() throws Exception {
    Files.createDirectories(output);
    Path inTheWay = Files.writeString(output.resolve("journal"), "a file");
    assertThat(run()).isEqualTo(1);
    assertThat(err.toString())
        .contains("highbeam: cannot write " + output.resolve("journal"))
        .contains("the same command goes on from here");
    assertThat(output.resolve("results")).doesNotExist();
    Files.delete(inTheWay);
    assertThat(run()).as(err.toString()).isZero();
    assertThat(query(ROWS)).hasSize(18);
  }

  @Test
  void givenTooManyErrors_aLargerRatioEndsTheJobWithoutComputing() throws Exception {
    assertThat(run("--maxErrorRatio=0.05")).isEqualTo(3);
    assertThat(output.resolve("_SUCCESS")).doesNotExist();
    assertThat(output.resolve("worklist/_DONE")).exists();
    assertThat(run("--maxErrorRatio=0.2")).as(err.toString()).isZero();
    assertThat(record().at("/tokens/output_computed").asInt()).isZero();
    assertThat(output.resolve("_SUCCESS")).exists();
    assertThat(output.resolve("worklist")).doesNotExist();
  }
}
