// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.transforms.read.Survey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files in, files out, read back by another reader than ours. */
class JobTest {

  @TempDir Path folder;

  @Test
  void givenGoodAndBadRows_everyRowEndsOnce_withItsColumns() throws Exception {
    Path input = folder.resolve("in.jsonl");
    Files.writeString(
        input,
        """
        {"custom_id": "a", "prompt": "one", "seed": 5, "score": 1, "a b": true}
        {"prompt": "two", "score": 2.5, "tags": [1, {"x": null}], "model": "m"}

        not json
        {"custom_id": "c", "prompt": 7}
        {"custom_id": "d", "prompt": "x", "temperature": -1}
        {"custom_id": "e", "prompt": "x", "best_of": 2}
        {"custom_id": 9, "prompt": "last", "sampling_params": {"n": 2}}
        """);
    Path out = folder.resolve("out");

    Survey survey = Job.run(input.toString(), out, "job-columns", 3);

    assertThat(survey.rowCount()).isEqualTo(7);
    String results = "'" + out + "/results/*.parquet'";
    assertThat(
            Job.query(
                "SELECT position, sample_index, custom_id, input_seed, seed = 5, score, \"a b\","
                    + " tags, input_model, model, source FROM "
                    + results
                    + " ORDER BY 1, 2"))
        .containsExactly(
            row(1L, 0, "a", 5L, true, 1.0, true, null, null, "fake", "in.jsonl"),
            row(
                2L,
                0,
                "in.jsonl:2",
                null,
                false,
                2.5,
                null,
                "[1, {\"x\": null}]",
                "m",
                "fake",
                "in.jsonl"),
            row(8L, 0, "9", null, false, null, null, null, null, "fake", "in.jsonl"),
            row(8L, 1, "9", null, false, null, null, null, null, "fake", "in.jsonl"));
    assertThat(
            Job.query(
                "SELECT position, code, custom_id, record FROM '"
                    + out
                    + "/errors/*.parquet' ORDER BY 1"))
        .containsExactly(
            row(4L, "BAD_REQUEST", "in.jsonl:4", "not json"),
            row(5L, "BAD_REQUEST", "c", "{\"custom_id\":\"c\",\"prompt\":7}"),
            row(
                6L,
                "BAD_REQUEST",
                "d",
                "{\"custom_id\":\"d\",\"prompt\":\"x\",\"temperature\":-1}"),
            row(
                7L,
                "UNSUPPORTED_PARAMETER",
                "e",
                "{\"custom_id\":\"e\",\"prompt\":\"x\",\"best_of\":2}"));
    assertThat(names(out))
        .containsExactly(
            "errors", "errors/part-00000.parquet", "results", "results/part-00000.parquet");
    assertThat(
            Job.query(
                "SELECT DISTINCT decode(key), decode(value) FROM parquet_kv_metadata("
                    + results
                    + ") WHERE decode(key) LIKE 'highbeam%' ORDER BY 1"))
        .containsExactly(
            row("highbeam.config", "max_tokens=40"),
            row("highbeam.model", "fake"),
            row("highbeam.model_fingerprint", "f".repeat(64)),
            row("highbeam.numerics_id", "fake-1"));
  }

  @Test
  void givenDevicesWithOtherNumerics_eachRowSaysItsOwn_filesSayAll() throws Exception {
    Path input = folder.resolve("two.jsonl");
    Files.writeString(
        input,
        "{\"prompt\": \"a\"}\n{\"prompt\": \"b "
            + FakeEngine.ELSEWHERE
            + "\"}\n{\"prompt\": \"c\"}\n");
    Path out = folder.resolve("out");
    Job.run(input.toString(), out, "job-numerics", 2);
    String results = "'" + out + "/results/*.parquet'";
    assertThat(Job.query("SELECT position, numerics_id FROM " + results + " ORDER BY 1"))
        .containsExactly(row(1L, "fake-1"), row(2L, "fake-2"), row(3L, "fake-1"));
    assertThat(
            Job.query(
                "SELECT DISTINCT decode(value) FROM parquet_kv_metadata("
                    + results
                    + ") WHERE decode(key) = 'highbeam.numerics_id'"))
        .containsExactly(row("fake-1+fake-2"));
  }

  @Test
  void givenNoRowAtAll_leavesOneEmptyFileEach_withColumns() throws Exception {
    Path input = Files.writeString(folder.resolve("empty.jsonl"), "\n  \n");
    Path out = folder.resolve("out");
    Job.run(input.toString(), out, "job-empty", 2);
    assertThat(Job.query("SELECT count(*) FROM '" + out + "/results/*.parquet'"))
        .containsExactly(row(0L));
    assertThat(Job.query("SELECT custom_id, code FROM '" + out + "/errors/*.parquet'")).isEmpty();
  }

  @Test
  void givenOnlyBadRows_allAreErrors_resultsAreEmpty() throws Exception {
    Path input = Files.writeString(folder.resolve("bad.jsonl"), "{}\n[]\n{\"prompt\":\"\"}\n1");
    Path out = folder.resolve("out");
    Job.run(input.toString(), out, "job-bad", 2);
    assertThat(Job.query("SELECT count(*) FROM '" + out + "/results/*.parquet'"))
        .containsExactly(row(0L));
    assertThat(Job.query("SELECT position, code FROM '" + out + "/errors/*.parquet' ORDER BY 1"))
        .containsExactly(
            row(1L, "BAD_REQUEST"),
            row(2L, "BAD_REQUEST"),
            row(3L, "EMPTY"),
            row(4L, "BAD_REQUEST"));
  }

  @Test
  void givenManySplitsAndARerun_filesHoldAllRowsInOrder_andReplaceTheOldOnes() throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 1; i <= 2600; i++) {
      lines.append("{\"prompt\": \"row ").append(i).append("\", \"i\": ").append(i).append("}\n");
    }
    Path input = Files.writeString(folder.resolve("many.jsonl"), lines);
    Path out = folder.resolve("out");
    Files.createDirectories(out.resolve("results/.parts"));
    Files.writeString(out.resolve("results/part-00007.parquet"), "of an earlier job");
    Files.writeString(out.resolve("results/.parts/rows-1.avro"), "of a job that was killed");

    Survey survey = Job.run(input.toString(), out, "job-many", 4);

    assertThat(survey.splits()).hasSize(6);
    assertThat(names(out))
        .containsExactly(
            "errors", "errors/part-00000.parquet", "results", "results/part-00000.parquet");
    assertThat(
            Job.query(
                    "SELECT count(*), count(DISTINCT position), sum(position), bool_and(i = position)"
                        + " FROM '"
                        + out
                        + "/results/*.parquet'")
                .toString())
        .isEqualTo("[[2600, 2600, 3381300, true]]");
    JobProgress progress = JobProgress.of("job-many");
    assertThat(progress.results()).isEqualTo(2600);
    assertThat(progress.requests()).isEqualTo(2600);
    assertThat(progress.outputTokens()).isPositive();
  }

  private static List<String> names(Path out) throws IOException {
    try (Stream<Path> paths = Files.walk(out)) {
      return paths
          .filter(path -> !path.equals(out))
          .map(path -> out.relativize(path).toString())
          .sorted()
          .toList();
    }
  }

  private static List<Object> row(Object... values) {
    return Arrays.asList(values);
  }

  @Test
  void givenOddColumnNames_areKeptAsTheyAre_inTheFile() throws IOException, SQLException {
    Path input =
        Files.writeString(
            folder.resolve("odd.jsonl"),
            "{\"prompt\":\"p\",\"höhe in m\":1,\"a.b\":\"x\",\"1st\":null,\"Source\":\"s\","
                + "\"input_Source\":\"t\",\"\\\"q\\\"\":2}");
    Path out = folder.resolve("out");
    Job.run(input.toString(), out, "job-odd", 2);
    assertThat(
            Job.query(
                "SELECT \"höhe in m\", \"a.b\", \"1st\", \"input_input_Source\","
                    + " \"input_Source\", \"\"\"q\"\"\" FROM '"
                    + out
                    + "/results/*.parquet'"))
        .containsExactly(row(1L, "x", null, "s", "t", 2L));
  }
}
