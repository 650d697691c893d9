// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much memory this process may still take: that of the machine, or less in a container. */
final class MachineMemory {

  private static final Path MEMORY_INFO = Path.of("/proc/meminfo");
  private static final Path LIMIT = Path.of("/sys/fs/cgroup/memory.max");
  private static final Path USED = Path.of("/sys/fs/cgroup/memory.current");

  private MachineMemory() {}

  /** Bytes that can be taken without swapping. */
  static long available() {
    return available(MEMORY_INFO, LIMIT, USED);
  }

  /** As {@link #available()}, from these files; one that is missing sets no limit. */
  static long available(Path memoryInfo, Path limit, Path used) {
    long machine =
        lines(memoryInfo).stream()
            .filter(line -> line.startsWith("MemAvailable:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
            .findFirst()
            .orElse(Long.MAX_VALUE);
    return Math.min(machine, Math.max(0, number(limit, Long.MAX_VALUE) - number(used, 0)));
  }

  /** The number that a file holds; "max" and a missing file are the default. */
  private static long number(Path file, long missing) {
    return lines(file).stream()
        .filter(line -> line.matches("[0-9]{1,18}"))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElse(missing);
  }

  private static List<String> lines(Path file) {
    try {
      return Files.exists(file) ? Files.readAllLines(file) : List.of();
    } catch (IOException e) {
      return List.of();
    }
  }
}
