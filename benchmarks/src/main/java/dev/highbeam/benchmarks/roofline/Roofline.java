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
 * is a matter of their matrix units, which Java cannot reach; {@link Peak} is where such a
 * measurement joins.
 */
public final class Roofline {

  private static final int WARM_PASSES = 3;
  private static final long MEGABYTE = 1 << 20;

  private Roofline() {}

  /** One limit: a name, and a figure per second at a number of threads. */
  interface Peak {

    String name();

    /** What is counted, for example {@code GB/s} or {@code TFLOP/s}. */
    String unit();

    /** All threads together, once for each of so many passes. */
    List<Double> measure(int threads, int passes) throws InterruptedException;
  }

  /** Memory read in streams. */
  record ReadBandwidth(long bytesPerThread) implements Peak {

    @Override
    public String name() {
      return "memory read";
    }

    @Override
    public String unit() {
      return "GB/s";
    }

    @Override
    public List<Double> measure(int threads, int passes) throws InterruptedException {
      List<Double> rates = new StreamRead(threads, bytesPerThread).passes(WARM_PASSES + passes);
      return rates.subList(WARM_PASSES, rates.size()).stream().map(rate -> rate / 1e9).toList();
    }
  }

  public static void main(String[] args) throws InterruptedException {
    int most =
        args.length > 0 ? Integer.parseInt(args[0]) : Runtime.getRuntime().availableProcessors();
    long bytes = (args.length > 1 ? Long.parseLong(args[1]) : 512) * MEGABYTE;
    int passes = args.length > 2 ? Integer.parseInt(args[2]) : 20;
    for (Peak peak : List.<Peak>of(new ReadBandwidth(bytes))) {
      for (int threads = 1;
          threads <= most;
          threads = threads == most ? most + 1 : Math.min(2 * threads, most)) {
        List<Double> rates = peak.measure(threads, passes);
        System.out.println(line(peak, threads, rates));
      }
    }
  }

  static String line(Peak peak, int threads, List<Double> rates) {
    List<Double> sorted = rates.stream().sorted().toList();
    return String.format(
        Locale.ROOT,
        "%s, %d thread%s: %.1f %s (median %.1f, least %.1f)",
        peak.name(),
        threads,
        threads == 1 ? "" : "s",
        Collections.max(rates),
        peak.unit(),
        sorted.get(sorted.size() / 2),
        sorted.get(0));
  }
}
