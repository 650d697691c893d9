// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runners.direct;

import dev.highbeam.runtime.engine.FaultyEngines;
import java.io.FileDescriptor;

/** The program over engines with a planted fault; wired as {@link Main} wires the real ones. */
public final class FaultyMain {

  private FaultyMain() {}

  public static void main(String[] args) throws InterruptedException {
    FaultyEngines.onFatal(new FatalExit(Main.writer(FileDescriptor.err)));
    Main.run(args, FaultyEngines::acquire, () -> null);
  }
}
