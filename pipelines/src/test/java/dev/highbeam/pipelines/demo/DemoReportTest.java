// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DemoReportTest {

  private static final String KEYWORDS =
      """
      {"topic": {"labels": {"billing": ["bill", "paid"], "delivery": ["parcel"]}, "default": "billing"},
       "urgency": {"labels": {"high": ["now"], "low": ["no rush"]}, "default": "normal"}}
      """;

  private static JsonNode keywords() throws Exception {
    return new ObjectMapper().readTree(KEYWORDS);
  }

  /** Model: topic 3 of 4, urgency 3 of 4, both 2 of 4. Keywords: topic 3, urgency 3, both 3. */
  private static final List<DemoRow> ROWS =
      List.of(
          DemoRow.of(
              "My bill, now!", "billing", "high", " billing\nUrgency: high\nSummary: A bill."),
          DemoRow.of(
              "Where is my parcel", "delivery", "normal", " delivery\nUrgency: low\nSummary: B."),
          DemoRow.of(
              "Paid twice. No rush.", "billing", "low", " delivery\nUrgency: low\nSummary: C."),
          DemoRow.of(
              "It\nnever came", "delivery", "high", " delivery\nUrgency: high\nSummary: D."));

  @Test
  void givenHandMadeRows_countsSharesRight() {
    DemoScore score = DemoScore.of(ROWS, row -> row.answer().labels());
    assertThat(score).isEqualTo(new DemoScore(0.75, 0.75, 0.5));
    // billing and delivery are even, billing came first; high is commonest.
    assertThat(DemoScore.majority(ROWS)).isEqualTo(new DemoLabels("billing", "high"));
    assertThat(DemoScore.of(List.of(), row -> row.truth())).isEqualTo(new DemoScore(0, 0, 0));
  }

  @Test
  void givenRows_printsTheTable() throws Exception {
    assertThat(new DemoReport(ROWS, keywords(), 80, false).scores())
        .containsExactly(
            "                           labels    topic  urgency     both",
            "the model                   75.0%    75.0%    75.0%    50.0%",
            "keyword rule                75.0%    75.0%    75.0%    75.0%",
            "always the commonest        50.0%    50.0%    50.0%    25.0%");
  }

  @Test
  void givenRows_printsAnAlignedSampleInTheWidth() throws Exception {
    List<String> lines = new DemoReport(ROWS, keywords(), 60, true).sample();
    assertThat(lines)
        .startsWith("My bill, now!", "  ✓ billing        ✓ high           A bill.")
        .contains("  ✗ delivery (billing) ✓ low            C.", "It never came");
    assertThat(lines)
        .hasSize(8)
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(60));
  }

  @Test
  void givenLongOrHostileText_cutsAndCleansIt() throws Exception {
    DemoRow row = DemoRow.of("a\u001b[2Jb" + "x".repeat(100), "t", "u", "\u001b[31mtopic");
    List<String> lines = new DemoReport(List.of(row), keywords(), 60, false).sample();
    assertThat(lines.get(0)).startsWith("a [2Jb").hasSize(60).endsWith("...");
    assertThat(String.join("", lines)).doesNotContain("\u001b");
  }

  @Test
  void givenPartialAnswers_readsWhatIsThere() {
    assertThat(DemoAnswer.parse(" billing\nUrgency: high\nSummary: x: y"))
        .isEqualTo(new DemoAnswer(new DemoLabels("billing", "high"), "x: y"));
    assertThat(DemoAnswer.parse("")).isEqualTo(new DemoAnswer(new DemoLabels("", ""), ""));
    assertThat(DemoAnswer.parse("billing\nUrg"))
        .isEqualTo(new DemoAnswer(new DemoLabels("billing", ""), ""));
  }

  @Test
  void givenMessages_keywordRuleCountsWholeWordsAndBreaksTiesByOrder() throws Exception {
    KeywordRule rule = KeywordRule.of(keywords().get("topic"));
    assertThat(rule.label("The PARCEL, the parcel and the bill")).isEqualTo("delivery");
    assertThat(rule.label("parcel bill")).isEqualTo("billing");
    assertThat(rule.label("parcels billing")).isEqualTo("billing");
    assertThat(rule.label("parcels, unpaid; a parcel")).isEqualTo("delivery");
  }
}
