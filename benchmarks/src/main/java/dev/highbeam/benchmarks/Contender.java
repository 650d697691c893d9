// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * One way to do the same work, with the seconds that it took in each round. Processor time says
 * more than the clock's where other programs run too.
 */
final class Contender {

  /** The work, measured from its call to its return. */
  @FunctionalInterface
  interface Work {

    /** Does it once; gives the tokens generated. */
    long run() throws Exception;
  }

  private final String name;
  private final Work work;
  private final List<Double> seconds = new ArrayList<>();
  private final List<Double> processorSeconds = new ArrayList<>();
  private long tokens;

  Contender(String name, Work work) {
    this.name = name;
    this.work = work;
  }

  /**
   * Runs all contenders in turn, so that what else the machine does meets each alike. The first
   * round warms up and is dropped.
   */
  static void roundRobin(List<Contender> contenders, int rounds) throws Exception {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    for (int round = 0; round <= rounds; round++) {
      for (Contender contender : contenders) {
        long beginProcessor = system.getProcessCpuTime();
        long begin = System.nanoTime();
        contender.tokens = contender.work.run();
        double took = (System.nanoTime() - begin) / 1e9;
        double processor = (system.getProcessCpuTime() - beginProcessor) / 1e9;
        System.out.printf(
            Locale.ROOT,
            "round %d, %s: %.2f s, processors %.2f s%n",
            round,
            contender.name,
            took,
            processor);
        if (round > 0) {
          contender.seconds.add(took);
          contender.processorSeconds.add(processor);
        }
      }
    }
  }

  String name() {
    return name;
  }

  long tokens() {
    return tokens;
  }

  /** The middle one of the measured rounds. */
  double medianSeconds() {
    return median(seconds);
  }

  /** The same of the processor time of this process, the collector's included. */
  double medianProcessorSeconds() {
    return median(processorSeconds);
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
