// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaModule;
import dev.highbeam.runtime.backend.cuda.image.TargetArch;

/**
 * The kernels that a device runs.
 *
 * @param module the loaded image
 * @param arch for what it was built
 * @param sourceHash of the kernels' sources and flags
 * @param driverVersion of the driver, which compiled the image if it is PTX
 */
record LoadedImage(CudaModule module, TargetArch arch, String sourceHash, int driverVersion)
    implements AutoCloseable {

  private static final int HASH_CHARS = 12;

  /** What of the image can change the bits of a result. */
  String numerics() {
    String hash = sourceHash.substring(0, Math.min(HASH_CHARS, sourceHash.length()));
    return arch.name() + "-" + hash + (arch.isPtx() ? "-driver" + driverVersion : "");
  }

  /** For people. */
  String describe() {
    return arch.isPtx() ? arch.name() + " compiled by driver " + driverVersion : arch.name();
  }

  @Override
  public void close() {
    module.close();
  }
}
