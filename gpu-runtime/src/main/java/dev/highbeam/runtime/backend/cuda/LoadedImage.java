// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaModule;

/**
 * The kernels that a device runs.
 *
 * @param module the loaded image
 * @param arch for what it was built, such as sm_90a or compute_80
 * @param sourceHash of the kernels' sources and flags
 * @param compiledBy the driver's version if it compiled the image, or 0 if nvcc did
 */
record LoadedImage(CudaModule module, String arch, String sourceHash, int compiledBy)
    implements AutoCloseable {

  private static final int HASH_CHARS = 12;

  /** What of the image can change the bits of a result. */
  String numerics() {
    String hash = sourceHash.substring(0, Math.min(HASH_CHARS, sourceHash.length()));
    return arch + "-" + hash + (compiledBy == 0 ? "" : "-driver" + compiledBy);
  }

  /** For people. */
  String describe() {
    return compiledBy == 0 ? arch : arch + " compiled by driver " + compiledBy;
  }

  @Override
  public void close() {
    module.close();
  }
}
