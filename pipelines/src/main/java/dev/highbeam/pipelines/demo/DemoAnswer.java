// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.demo;

import java.util.List;

/**
 * What the demo model wrote, read as far as it is there: the topic on the first line, then {@code
 * Urgency: ...} and {@code Summary: ...}. What is missing is empty and thereby wrong.
 */
public record DemoAnswer(DemoLabels labels, String summary) {

  static DemoAnswer parse(String generatedText) {
    List<String> lines = generatedText.strip().lines().map(String::strip).toList();
    String topic = lines.isEmpty() ? "" : lines.get(0);
    return new DemoAnswer(
        new DemoLabels(topic, value(lines, "Urgency:")), value(lines, "Summary:"));
  }

  private static String value(List<String> lines, String name) {
    for (String line : lines) {
      if (line.startsWith(name)) {
        return line.substring(name.length()).strip();
      }
    }
    return "";
  }
}
