// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much of the host's memory KV pages may take when they lie there. */
final class HostMemory {

  /** Pinned memory cannot be swapped; the other half stays for everything else. */
  private static final double SHARE = 0.5;

  private HostMemory() {}

  /** Half of what the kernel says is available now; 0 where it does not say. */
  static long budget() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
        if (line.startsWith("MemAvailable:")) {
          return (long) (Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024 * SHARE);
        }
      }
      return 0;
    } catch (IOException e) {
      return 0;
    }
  }
}
