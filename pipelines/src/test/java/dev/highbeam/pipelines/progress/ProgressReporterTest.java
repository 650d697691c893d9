// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ProgressReporterTest {

  private final StringWriter text = new StringWriter();
  private final AtomicLong nanos = new AtomicLong();

  private ProgressReporter reporter(ProgressStyle style) {
    return new ProgressReporter(style, new PrintWriter(text), nanos::get);
  }

  private static ProgressSample done(long rows) {
    return new ProgressSample(ProgressFixtures.counts(12_345, rows, 1, 0), null);
  }

  @Test
  void givenTerminal_writesOverTheSameLine_andEndsIt() {
    try (ProgressReporter reporter = reporter(ProgressStyle.REWRITE)) {
      nanos.set(1_000_000_000L);
      reporter.update(done(999));
      reporter.tick();
      nanos.set(2_000_000_000L);
      reporter.update(done(0));
      reporter.tick();
    }
    String first = "rows 8% 999/12.3k [0:01<?, 999 row/s] | no engine yet | errors 0";
    String second = "rows 0% 0/12.3k [0:02<?, 0 row/s] | no engine yet | errors 0";
    String newline = System.lineSeparator();
    assertThat(text.toString())
        .isEqualTo("\r" + first + "\r" + second + " ".repeat(4) + "\r" + second + newline);
    assertThat(text.toString()).doesNotContain("\u001b");
  }

  @Test
  void givenLog_writesLines() {
    try (ProgressReporter reporter = reporter(ProgressStyle.LINES)) {
      nanos.set(1_000_000_000L);
      reporter.tick();
    }
    assertThat(text.toString().lines())
        .containsExactly(
            "rows 0 [0:01, 0 row/s] | no engine yet | errors 0",
            "rows 0 [0:01, 0 row/s] | no engine yet | errors 0");
  }

  @Test
  void givenSilentStyle_writesNothing() {
    try (ProgressReporter reporter = reporter(ProgressStyle.SILENT).start()) {
      reporter.tick();
    }
    assertThat(text.toString()).isEmpty();
  }

  @Test
  void givenWords_picksTheStyle() {
    assertThat(ProgressStyle.of("auto", true)).isEqualTo(ProgressStyle.REWRITE);
    assertThat(ProgressStyle.of("auto", false)).isEqualTo(ProgressStyle.LINES);
    assertThat(ProgressStyle.of("plain", true)).isEqualTo(ProgressStyle.LINES);
    assertThat(ProgressStyle.of("json", true)).isEqualTo(ProgressStyle.JSON);
    assertThat(ProgressStyle.of("none", true)).isEqualTo(ProgressStyle.SILENT);
    assertThat(ProgressStyle.LINES.interval()).hasSeconds(30);
  }
}
