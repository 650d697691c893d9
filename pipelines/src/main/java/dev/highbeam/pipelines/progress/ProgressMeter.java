// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.progress;

import dev.highbeam.pipelines.job.JobCounts;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Turns a job's counters into rates over the last half minute and an estimate of the time left. The
 * estimate counts tokens, not rows: long rows finish late, so rows alone would promise too much at
 * the start of each batch and too little at its end. Tokens per row are those of the rows done so
 * far. Used by one thread.
 */
final class ProgressMeter {

  private static final double WINDOW_SECONDS = 30;

  private record Point(double seconds, long rows, long tokens, long outputTokens) {}

  private final long startNanos;
  private final Deque<Point> window = new ArrayDeque<>();

  ProgressMeter(long startNanos) {
    this.startNanos = startNanos;
    window.add(new Point(0, 0, 0, 0));
  }

  /** Takes the job's state at that time in. */
  ProgressView view(long nanos, ProgressSample sample) {
    double now = (nanos - startNanos) / 1e9;
    // What an earlier run had done is no part of this one's speed.
    long rows = sample.counts().rowsDone() - sample.counts().recoveredRows();
    Point point = new Point(now, rows, sample.tokens(), sample.outputTokens());
    // One earlier point always stays, so that slow ticks still have something to compare with.
    while (window.size() > 1 && now - window.getFirst().seconds() > WINDOW_SECONDS) {
      window.removeFirst();
    }
    Point oldest = window.getFirst();
    double seconds = now - oldest.seconds();
    window.addLast(point);
    return new ProgressView(
        now,
        remaining(sample, rate(point.tokens() - oldest.tokens(), seconds)),
        rate(point.rows() - oldest.rows(), seconds),
        rate(point.outputTokens() - oldest.outputTokens(), seconds),
        sample);
  }

  private static double rate(long count, double seconds) {
    return seconds <= 0 ? 0 : Math.max(0, count) / seconds;
  }

  private static double remaining(ProgressSample sample, double tokensPerSecond) {
    JobCounts counts = sample.counts();
    if (!counts.isTotalKnown() || counts.servedRows() == 0 || tokensPerSecond <= 0) {
      return -1;
    }
    double tokensPerRow =
        (double) (counts.inputTokens() + counts.outputTokens()) / counts.rowsDone();
    double left = (counts.totalRows() - counts.recoveredRows()) * tokensPerRow - sample.tokens();
    return Math.max(0, left) / tokensPerSecond;
  }
}
