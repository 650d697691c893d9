// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The most memory that this process has used.
 *
 * @param peakRssBytes resident memory as the kernel saw it, or -1 where it does not say
 * @param peakHeapBytes sum of the heap pools' peaks, an upper bound of the heap's
 * @param maxHeapBytes what the heap may grow to
 */
public record MemoryUse(long peakRssBytes, long peakHeapBytes, long maxHeapBytes) {

  private static final Pattern HIGH_WATER = Pattern.compile("VmHWM:\\s+(\\d+) kB");

  /** As of now. */
  public static MemoryUse now() {
    long heap = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getType() == MemoryType.HEAP) {
        heap += pool.getPeakUsage().getUsed();
      }
    }
    return new MemoryUse(peakRss(), heap, Runtime.getRuntime().maxMemory());
  }

  private static long peakRss() {
    try {
      return parsePeakRss(Files.readAllLines(Path.of("/proc/self/status")));
    } catch (IOException e) {
      return -1; // No Linux.
    }
  }

  static long parsePeakRss(List<String> lines) {
    for (String line : lines) {
      Matcher matcher = HIGH_WATER.matcher(line);
      if (matcher.find()) {
        return Long.parseLong(matcher.group(1)) * 1024;
      }
    }
    return -1;
  }
}
