// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

/**
 * What the build measured of one kernel in one image; a row of {@code kernels.tsv}.
 *
 * @param registers per thread; 0 for PTX, whose registers the driver gives out
 * @param staticSharedBytes of a block, known at compile time
 * @param maxThreads of a block, the kernel's launch bounds
 * @param spillStoreBytes written per thread because registers ran out
 * @param spillLoadBytes read back per thread
 * @param stackBytes per thread
 */
public record KernelRow(
    TargetArch arch,
    String kernel,
    int registers,
    int staticSharedBytes,
    int maxThreads,
    int spillStoreBytes,
    int spillLoadBytes,
    int stackBytes) {

  /**
   * Refuses a launch that no device could run, by name and before a driver sees it.
   *
   * @param threads of a block
   * @param dynamicSharedBytes asked for at the launch
   * @param deviceSharedBytes most that a block may have on the device
   * @throws IllegalArgumentException if the block has too many threads or too much shared memory
   */
  public void checkLaunch(int threads, int dynamicSharedBytes, int deviceSharedBytes) {
    if (threads < 1 || threads > maxThreads) {
      throw new IllegalArgumentException(
          kernel
              + " ("
              + arch
              + ") takes blocks of 1 to "
              + maxThreads
              + " threads, was "
              + threads);
    }
    long sharedBytes = (long) staticSharedBytes + dynamicSharedBytes;
    if (dynamicSharedBytes < 0 || sharedBytes > deviceSharedBytes) {
      throw new IllegalArgumentException(
          kernel
              + " ("
              + arch
              + ") was to have "
              + staticSharedBytes
              + " + "
              + dynamicSharedBytes
              + " bytes of shared memory, the device allows "
              + deviceSharedBytes);
    }
  }
}
