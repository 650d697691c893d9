// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import jcuda.driver.JCudaDriver;

/** Device memory as the driver counts it, that of other processes included. */
public record MemoryInfo(long freeBytes, long totalBytes) {

  /** Asks about the current context's device. */
  static MemoryInfo query(SharedContext context) {
    long[] free = new long[1];
    long[] total = new long[1];
    context.check(JCudaDriver.cuMemGetInfo(free, total), "cuMemGetInfo", "memory query");
    return new MemoryInfo(free[0], total[0]);
  }

  @Override
  public String toString() {
    return freeBytes + " of " + totalBytes + " bytes free";
  }
}
