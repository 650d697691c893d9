// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReportTest {

  private static final Cell SMALL = new Cell("bf16", 8);
  private static final Cell LARGE = new Cell("bf16", 64);

  @TempDir Path folder;

  @Test
  void givenRounds_ratio_pairedWithinRounds() {
    Results results = results();

    // 100/50, 90/30 and 120/40; the peer's fourth round has none of ours beside it.
    assertThat(results.ratio(new Results.Place(SMALL, "peer"), Measurement::decode))
        .contains(new Spread(2, 3, 3));
  }

  @Test
  void givenRounds_markdown_mediansSpreadsAndReasons() {
    String text = new Report(results(), Map.of("threads", "2")).markdown();

    assertThat(text)
        .contains(
            "| bf16 | 8 | highbeam | 3 | 10.0 (10.0..10.0) | 100.0 (90.0..120.0) |  |  | 0.25 |")
        .contains(
            "| bf16 | 8 | peer | 4 | 5.0 (5.0..5.0) | 40.0 (30.0..50.0) | 2.00 (2.00..2.00) | 3.00"
                + " (2.00..3.00) |  |")
        .contains("highbeam (64) over peer (8): 10.00 x")
        .contains("* peer, bf16, batch 64: too many sequences")
        .contains("* threads: 2");
  }

  @Test
  void givenRounds_write_everyRoundInJson() throws IOException {
    new Report(results(), Map.of("threads", "2")).write(folder);

    JsonNode json = new JsonMapper().readTree(folder.resolve("report.json").toFile());

    assertThat(json.at("/about/threads").asText()).isEqualTo("2");
    assertThat(json.at("/results/0/contender").asText()).isEqualTo("highbeam");
    assertThat(json.at("/results/0/rounds")).hasSize(3);
    assertThat(json.at("/results/0/rounds/2/decode_tokens_per_second").asDouble()).isEqualTo(120);
    assertThat(json.at("/missing/0/reason").asText()).isEqualTo("too many sequences");
    assertThat(folder.resolve("report.md")).isNotEmptyFile();
  }

  private static Results results() {
    Results results = new Results();
    double[] ours = {100, 90, 120};
    double[] theirs = {50, 30, 40, 40};
    for (int round = 0; round < ours.length; round++) {
      results.add(
          new Results.Place(SMALL, Results.OURS), round, new Measurement(10, ours[round], 0.25));
    }
    for (int round = 0; round < theirs.length; round++) {
      results.add(
          new Results.Place(SMALL, "peer"), round, new Measurement(5, theirs[round], Double.NaN));
    }
    results.add(new Results.Place(LARGE, Results.OURS), 0, new Measurement(10, 400, 0));
    results.miss(new Results.Place(LARGE, "peer"), "too many sequences");
    return results;
  }
}
