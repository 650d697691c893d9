// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much other programs computed while this one measured: a figure from a machine that was not
 * ours alone should say so. Knows it on Linux only, from /proc/stat, whose unit is a hundredth of a
 * second.
 */
final class ProcessorUse {

  private static final Path STAT = Path.of("/proc/stat");
  private static final double TICKS_PER_SECOND = 100;
  private static final int IDLE = 4;
  private static final int WAITING = 5;
  private static final int STOLEN = 8;

  private final long beginNanos = System.nanoTime();
  private final double beginAll = allSeconds();
  private final double beginOwn = ownSeconds();

  /** Processors that others used since this was made, on average; NaN where that is not known. */
  double others() {
    double seconds = (System.nanoTime() - beginNanos) / 1e9;
    double others = allSeconds() - beginAll - (ownSeconds() - beginOwn);
    return Double.isNaN(others) ? others : Math.max(0, others / seconds);
  }

  private static double ownSeconds() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime()
        / 1e9;
  }

  private static double allSeconds() {
    try {
      return Files.isReadable(STAT) ? busySeconds(Files.readAllLines(STAT).get(0)) : Double.NaN;
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  /** The line of all processors: user, nice, system, idle, waiting, interrupts, stolen... */
  static double busySeconds(String line) {
    String[] words = line.trim().split("\\s+");
    long ticks = 0;
    for (int i = 1; i < Math.min(words.length, STOLEN + 1); i++) {
      ticks += i == IDLE || i == WAITING ? 0 : Long.parseLong(words[i]);
    }
    return ticks / TICKS_PER_SECOND;
  }
}
