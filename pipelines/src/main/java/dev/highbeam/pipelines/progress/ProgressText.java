// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.progress;

import dev.highbeam.pipelines.job.JobCounts;
import java.util.Locale;

/** Writes a view as one line, for people or for machines. Pure functions. */
final class ProgressText {

  private ProgressText() {}

  /** {@code rows 41% 412k/1.0M [12:03<17:20, 570 row/s] | out 61.2k tok/s | run 256 | ...}. */
  static String line(ProgressView view) {
    JobCounts counts = view.sample().counts();
    StringBuilder line = new StringBuilder("rows ");
    if (counts.totalRows() > 0) {
      line.append(100 * counts.rowsDone() / counts.totalRows()).append("% ");
    }
    line.append(count((double) counts.rowsDone()));
    if (counts.isTotalKnown()) {
      line.append('/').append(count((double) counts.totalRows()));
    }
    line.append(" [").append(clock(view.elapsedSeconds()));
    if (counts.isTotalKnown()) {
      line.append('<').append(view.remainingSeconds() < 0 ? "?" : clock(view.remainingSeconds()));
    }
    line.append(", ").append(count(view.rowsPerSecond())).append(" row/s]");
    if (view.sample().engine() == null) {
      line.append(" | no engine yet");
    } else {
      line.append(" | out ").append(count(view.outputTokensPerSecond())).append(" tok/s");
      line.append(" | run ").append(view.running());
      line.append(" | KV ").append(Math.round(100 * view.kvUse())).append('%');
    }
    return line.append(" | errors ").append(count((double) counts.errors())).toString();
  }

  /** The same as one JSON object; what is not known yet is null. */
  static String json(ProgressView view) {
    JobCounts counts = view.sample().counts();
    return String.format(
        Locale.ROOT,
        "{\"elapsed_s\":%.1f,\"remaining_s\":%s,\"rows_total\":%s,\"rows_done\":%d,\"results\":%d,"
            + "\"errors\":%d,\"rows_per_s\":%.2f,\"output_tokens\":%d,\"output_tokens_per_s\":%.1f,"
            + "\"running\":%d,\"kv_use\":%.3f}",
        view.elapsedSeconds(),
        view.remainingSeconds() < 0
            ? "null"
            : String.format(Locale.ROOT, "%.1f", view.remainingSeconds()),
        counts.isTotalKnown() ? counts.totalRows() : "null",
        counts.rowsDone(),
        counts.results(),
        counts.errors(),
        view.rowsPerSecond(),
        view.sample().outputTokens(),
        view.outputTokensPerSecond(),
        view.running(),
        view.kvUse());
  }

  /** Three digits are enough to follow: 999, 1.2k, 61k, 1.0M; below 10 one decimal for rates. */
  static String count(double value) {
    if (value < 10 && value != Math.rint(value)) {
      return String.format(Locale.ROOT, "%.1f", value);
    }
    if (value < 999.5) {
      return String.format(Locale.ROOT, "%.0f", value);
    }
    String[] units = {"k", "M", "G", "T"};
    double scaled = value / 1000;
    int unit = 0;
    while (scaled >= 999.5 && unit < units.length - 1) {
      scaled /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, scaled < 99.95 ? "%.1f%s" : "%.0f%s", scaled, units[unit]);
  }

  /** 0:07, 12:03, 1:02:03. */
  static String clock(double seconds) {
    long whole = Math.round(seconds);
    long hours = whole / 3600;
    return hours == 0
        ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", hours, whole / 60 % 60, whole % 60);
  }
}
