// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.roofline;

import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * The limits of this machine that bound an engine: how fast memory is read, by one core and by
 * more.
 *
 * <pre>
 * Roofline [threads=all] [megabytes per thread=512] [passes=20]
 * </pre>
 *
 * <p>The best pass counts: other programs can only take from it. How many operations the cores do
 * is a matter of their matrix units, which Java cannot reach: benchmarks/peak.sh measures them.
 */
public final class Roofline {

  private static final int WARM_PASSES = 3;
  private static final long MEGABYTE = 1 << 20;

  private Roofline() {}

  public static void main(String[] args) throws InterruptedException {
    int most =
        args.length > 0 ? Integer.parseInt(args[0]) : Runtime.getRuntime().availableProcessors();
    long bytes = (args.length > 1 ? Long.parseLong(args[1]) : 512) * MEGABYTE;
    int passes = args.length > 2 ? Integer.parseInt(args[2]) : 20;
    for (int threads = 1;
        threads <= most;
        threads = threads == most ? most + 1 : Math.min(2 * threads, most)) {
      List<Double> rates = new StreamRead(threads, bytes).passes(WARM_PASSES + passes);
      System.out.println(line(threads, rates.subList(WARM_PASSES, rates.size())));
    }
  }

  static String line(int threads, List<Double> bytesPerSecond) {
    List<Double> rates = bytesPerSecond.stream().map(rate -> rate / 1e9).toList();
    List<Double> sorted = rates.stream().sorted().toList();
    return String.format(
        Locale.ROOT,
        "memory read, %d thread%s: %.1f GB/s (median %.1f, least %.1f)",
        threads,
        threads == 1 ? "" : "s",
        Collections.max(rates),
        sorted.get(sorted.size() / 2),
        sorted.get(0));
  }
}
