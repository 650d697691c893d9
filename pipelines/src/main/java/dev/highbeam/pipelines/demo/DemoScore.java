// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.demo;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Shares of right labels, 0 to 1. */
record DemoScore(double topic, double urgency, double both) {

  /** Compares what a guesser says of each row with the truth. */
  static DemoScore of(List<DemoRow> rows, Function<DemoRow, DemoLabels> guesser) {
    int topics = 0;
    int urgencies = 0;
    int both = 0;
    for (DemoRow row : rows) {
      DemoLabels guess = guesser.apply(row);
      boolean isTopicRight = guess.topic().equals(row.truth().topic());
      boolean isUrgencyRight = guess.urgency().equals(row.truth().urgency());
      topics += isTopicRight ? 1 : 0;
      urgencies += isUrgencyRight ? 1 : 0;
      both += isTopicRight && isUrgencyRight ? 1 : 0;
    }
    double count = Math.max(1, rows.size());
    return new DemoScore(topics / count, urgencies / count, both / count);
  }

  /** The commonest labels of the rows: what somebody says who reads no message. */
  static DemoLabels majority(List<DemoRow> rows) {
    return new DemoLabels(
        commonest(rows.stream().map(row -> row.truth().topic()).toList()),
        commonest(rows.stream().map(row -> row.truth().urgency()).toList()));
  }

  private static String commonest(List<String> labels) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    labels.forEach(label -> counts.merge(label, 1, Integer::sum));
    Collection<Integer> values = counts.values();
    int most = values.isEmpty() ? 0 : Collections.max(values);
    // The first to appear wins a tie, so that the report does not depend on a hash.
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue() == most)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse("");
  }
}
