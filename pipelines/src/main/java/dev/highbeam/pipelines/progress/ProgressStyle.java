// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.progress;

import java.time.Duration;

/** How progress is shown, and how often. */
public enum ProgressStyle {
  /** One line on a terminal, written over itself. */
  REWRITE(Duration.ofMillis(500)),
  /** A line every 30 seconds, for logs. */
  LINES(Duration.ofSeconds(30)),
  /** A JSON object per line every 10 seconds, for machines. */
  JSON(Duration.ofSeconds(10)),
  /** Nothing. */
  SILENT(Duration.ofHours(1));

  private final Duration interval;

  ProgressStyle(Duration interval) {
    this.interval = interval;
  }

  Duration interval() {
    return interval;
  }

  /** The style for a value of {@code --progress}. */
  public static ProgressStyle of(String word, boolean isTerminal) {
    return switch (word) {
      case "plain" -> LINES;
      case "json" -> JSON;
      case "none" -> SILENT;
      default -> isTerminal ? REWRITE : LINES;
    };
  }
}
