// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import dev.highbeam.runtime.engine.PoisonEngines;
import java.io.FileDescriptor;

/** The program over engines that marked rows end; wired as {@link Main} wires the real ones. */
public final class PoisonMain {

  private PoisonMain() {}

  public static void main(String[] args) throws InterruptedException {
    PoisonEngines.onFatal(new FatalExit(Main.writer(FileDescriptor.err)));
    Main.run(args, PoisonEngines::acquire, () -> null);
  }
}
