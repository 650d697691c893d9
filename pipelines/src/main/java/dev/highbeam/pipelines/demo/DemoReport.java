// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.demo;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What the demo prints at its end: a few messages with what the model made of them, and how often
 * it was right beside two rules that need no model.
 */
public final class DemoReport {

  private static final int SAMPLE_ROWS = 8;
  private static final int LABEL_COLUMNS = 14;

  private final List<DemoRow> rows;
  private final KeywordRule topicRule;
  private final KeywordRule urgencyRule;
  private final int columns;
  private final boolean showsUnicode;

  /**
   * A report.
   *
   * @param rows in the order of the input
   * @param keywords the content of keywords.json
   * @param columns of the terminal
   * @param showsUnicode whether the terminal shows more than ASCII
   */
  public DemoReport(List<DemoRow> rows, JsonNode keywords, int columns, boolean showsUnicode) {
    this.rows = List.copyOf(rows);
    this.topicRule = KeywordRule.of(keywords.get("topic"));
    this.urgencyRule = KeywordRule.of(keywords.get("urgency"));
    this.columns = columns;
    this.showsUnicode = showsUnicode;
  }

  /** A sample spread over all rows: the message, then what the model says of it. */
  public List<String> sample() {
    List<String> lines = new ArrayList<>();
    int count = Math.min(SAMPLE_ROWS, rows.size());
    for (int i = 0; i < count; i++) {
      DemoRow row = rows.get((int) ((long) i * rows.size() / count));
      DemoLabels said = row.answer().labels();
      lines.add(cut(oneLine(row.message()), columns));
      String labels =
          "  "
              + marked(said.topic(), row.truth().topic())
              + " "
              + marked(said.urgency(), row.truth().urgency())
              + " ";
      lines.add(labels + cut(oneLine(row.answer().summary()), columns - labels.length()));
    }
    return lines;
  }

  /** How often the labels were right. */
  public List<String> scores() {
    DemoLabels majority = DemoScore.majority(rows);
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT, "%-24s %8s %8s %8s %8s", "", "labels", "topic", "urgency", "both"));
    lines.add(line("the model", DemoScore.of(rows, row -> row.answer().labels())));
    lines.add(
        line(
            "keyword rule",
            DemoScore.of(
                rows,
                row ->
                    new DemoLabels(
                        topicRule.label(row.message()), urgencyRule.label(row.message())))));
    lines.add(line("always the commonest", DemoScore.of(rows, row -> majority)));
    return lines;
  }

  private static String line(String name, DemoScore score) {
    return String.format(
        Locale.ROOT,
        "%-24s %7.1f%% %7.1f%% %7.1f%% %7.1f%%",
        name,
        // Every row has two labels.
        50 * (score.topic() + score.urgency()),
        100 * score.topic(),
        100 * score.urgency(),
        100 * score.both());
  }

  private String marked(String said, String truth) {
    boolean isRight = said.equals(truth);
    String mark = showsUnicode ? (isRight ? "✓" : "✗") : isRight ? "+" : "x";
    String shown = isRight ? said : oneLine(said) + " (" + truth + ")";
    return mark + " " + padded(cut(shown, 2 * LABEL_COLUMNS));
  }

  private static String padded(String text) {
    return text + " ".repeat(Math.max(0, LABEL_COLUMNS - text.length()));
  }

  /** Text from data must not move the cursor: control characters become spaces. */
  private static String oneLine(String text) {
    return text.replaceAll("\\p{Cntrl}+", " ").strip();
  }

  private String cut(String text, int room) {
    String dots = showsUnicode ? "…" : "...";
    return text.length() <= room
        ? text
        : text.substring(0, Math.max(0, room - dots.length())) + dots;
  }
}
