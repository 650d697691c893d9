// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A nightly job pays only for new rows, and gets what it would have computed. */
final class ReuseTest {

  /** Every column that may not depend on where a row came from. */
  private static final String ROWS =
      "SELECT CAST(r AS VARCHAR) FROM (SELECT * EXCLUDE (attempt, num_cached_tokens)"
          + " FROM 'OUT/results/*.parquet') r ORDER BY source, position, sample_index";

  @TempDir Path folder;
  private Path first;
  private EchoJob job;

  @BeforeEach
  void setUp() throws Exception {
    first = folder.resolve("first");
    job = new EchoJob(folder);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      lines.add(line(i, "monday"));
    }
    job.write(lines);
    assertThat(job.run(first)).as(job.err()).isZero();
  }

  /** Every tenth is too long, every seventh has two samples, every third a seed of its own. */
  private static String line(int i, String day) {
    String prompt = i % 10 == 9 ? "too long ".repeat(8) + i : "prompt " + i;
    return "{\"custom_id\": \""
        + day
        + i
        + "\", \"prompt\": \""
        + prompt
        + "\", \"day\": \""
        + day
        + "\""
        + (i % 7 == 0 ? ", \"n\": 2" : "")
        + (i % 3 == 0 ? ", \"seed\": " + i : "")
        + "}";
  }

  /** The old rows in another order, under other ids, and twenty new ones among them. */
  private static List<String> tuesday() {
    List<String> lines = new ArrayList<>();
    for (int i = 119; i >= 0; i--) {
      lines.add(line(i, "tuesday"));
    }
    return lines;
  }

  @Test
  void givenOldAndNewRows_onlyNewOnesAreComputed_andRowsAreThoseOfAFreshRun() throws Exception {
    job.write(tuesday());
    Path fresh = folder.resolve("fresh");
    assertThat(job.run(fresh)).as(job.err()).isZero();
    Path second = folder.resolve("second");
    assertThat(job.run(second, "--reuse=" + first)).as(job.err()).isZero();
    assertThat(job.query(second, ROWS)).isEqualTo(job.query(fresh, ROWS));
    assertThat(job.query(second, "SELECT position, code FROM 'OUT/errors/*.parquet' ORDER BY 1"))
        .isEqualTo(
            job.query(fresh, "SELECT position, code FROM 'OUT/errors/*.parquet' ORDER BY 1"));
    // Rows that ended in errors are computed again.
    assertThat(job.record(second).at("/rows/reused").asInt()).isEqualTo(90);
    assertThat(job.record(second).at("/rows/recovered").asInt()).isZero();
    long all = job.record(fresh).at("/tokens/output").asLong();
    long old = job.record(first).at("/tokens/output").asLong();
    assertThat(job.record(second).at("/tokens/output").asLong()).isEqualTo(all);
    assertThat(job.record(second).at("/tokens/output_computed").asLong()).isEqualTo(all - old);
    assertThat(job.record(second).at("/tokens/output_spared").asLong()).isEqualTo(old);
    assertThat(job.err()).contains("90 rows are another job's");
    assertThat(
            job.query(second, "SELECT count(*) FROM 'OUT/results/*.parquet' WHERE day = 'monday'"))
        .containsExactly("0");
  }

  @Test
  void givenDuplicatesOfOldRows_withAndWithoutDedupe_rowsAreThoseOfAFreshRun() throws Exception {
    List<String> lines = tuesday();
    lines.addAll(tuesday());
    job.write(lines);
    Path fresh = folder.resolve("fresh");
    assertThat(job.run(fresh, "--dedupe=false")).as(job.err()).isZero();
    for (String dedupe : List.of("true", "false")) {
      Path output = folder.resolve("dedupe-" + dedupe);
      assertThat(job.run(output, "--reuse=" + first, "--dedupe=" + dedupe)).as(job.err()).isZero();
      assertThat(job.query(output, ROWS)).isEqualTo(job.query(fresh, ROWS));
      boolean once = dedupe.equals("true");
      assertThat(job.record(output).at("/rows/reused").asInt()).isEqualTo(once ? 90 : 180);
      assertThat(job.record(output).at("/rows/deduplicated").asInt()).isEqualTo(once ? 120 : 0);
    }
  }

  @Test
  void givenOtherSamplingOrSeed_nothingIsReusedThatWouldDiffer() throws Exception {
    Path warm = folder.resolve("warm");
    assertThat(job.run(warm, "--reuse=" + first, "--temperature=0.5")).as(job.err()).isZero();
    assertThat(job.record(warm).at("/rows/reused").asInt()).isZero();
    Path seeded = folder.resolve("seeded");
    assertThat(job.run(seeded, "--reuse=" + first, "--seed=1")).as(job.err()).isZero();
    // Rows with a seed of their own: every third of a hundred that is not too long.
    assertThat(job.record(seeded).at("/rows/reused").asInt()).isEqualTo(30);
    assertThat(job.query(seeded, "SELECT count(DISTINCT seed) > 34 FROM 'OUT/results/*.parquet'"))
        .containsExactly("true");
  }

  @Test
  void givenOutputOfNoUse_isRefusedBeforeAnyWork() throws Exception {
    Path second = folder.resolve("second");
    assertThat(job.run(second, "--reuse=" + folder.resolve("nowhere"))).isEqualTo(2);
    assertThat(job.err()).contains("--reuse: ").contains("nowhere holds no finished job");
    assertThat(job.run(first, "--mode=fresh", "--reuse=" + first)).isEqualTo(2);
    assertThat(job.err()).contains("is the output folder itself");
    assertThat(first.resolve("_SUCCESS")).exists();
    assertThat(job.run(second, "--reuse=" + first, "--outputTokenIds")).isEqualTo(2);
    assertThat(job.err()).contains("has no column token_ids");
    assertThat(job.run(second, "--reuse=" + first, "--maxModelLen=32")).isEqualTo(2);
    assertThat(job.err()).contains("max_model_len was unset and is 32");
    job.weights = "beef";
    assertThat(job.run(second, "--reuse=" + first)).isEqualTo(2);
    assertThat(job.err())
        .contains("--reuse: no row of " + first + " can be taken: weights was f00d and is beef");
    job.weights = "f00d";
    Path part = first.resolve("results/part-00000.parquet");
    byte[] bytes = Files.readAllBytes(part);
    bytes[bytes.length / 3] ^= 1;
    Files.write(part, bytes);
    assertThat(job.run(second, "--reuse=" + first)).isEqualTo(1);
    assertThat(job.err()).contains("--reuse: " + part + " has other bytes than were written");
    Files.delete(first.resolve("_SUCCESS"));
    assertThat(job.run(folder.resolve("third"), "--reuse=" + first)).isEqualTo(2);
    assertThat(job.err()).contains("holds no finished job");
  }

  @Test
  void givenReuseThatWasDecided_aSecondRunNeedsTheEarlierOutputNoMore() throws Exception {
    job.write(tuesday());
    Path second = folder.resolve("second");
    assertThat(job.run(second, "--reuse=" + first, "--keepJournal")).as(job.err()).isZero();
    List<String> rows = job.query(second, ROWS);
    Files.delete(second.resolve("_SUCCESS"));
    Files.delete(second.resolve("manifest.json"));
    Files.delete(second.resolve("journal/shard-00001.json"));
    Files.delete(first.resolve("_SUCCESS"));
    assertThat(job.run(second, "--reuse=" + first)).as(job.err()).isZero();
    assertThat(job.query(second, ROWS)).isEqualTo(rows);
    assertThat(job.record(second).at("/rows/reused").asInt()).isEqualTo(90);
  }
}
