// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * Notices that this process is a fork of the one that started the driver. CUDA in a forked child is
 * undefined; the child must start a new program instead. The JDK remembers its process id for ever,
 * so the kernel is asked: half a microsecond, once per outermost use of a context.
 */
final class ForkGuard {

  private static final Path SELF = Path.of("/proc/self");

  private final Supplier<String> currentPid;
  private final String pid;

  ForkGuard() {
    this(ForkGuard::pidOfTheKernel);
  }

  /** A guard that asks elsewhere for the id of the current process. */
  ForkGuard(Supplier<String> currentPid) {
    this.currentPid = currentPid;
    this.pid = currentPid.get();
  }

  /** Throws in a process other than the one that made this guard. */
  void check() {
    String now = currentPid.get();
    if (!now.equals(pid)) {
      throw new IllegalStateException(
          "CUDA was started in process "
              + pid
              + " and cannot be used in its fork "
              + now
              + ": start a new process instead");
    }
  }

  private static String pidOfTheKernel() {
    try {
      return Files.readSymbolicLink(SELF).toString();
    } catch (IOException e) {
      // No /proc (a chroot, say): the guard then holds for every process alike.
      return "unknown";
    }
  }
}
