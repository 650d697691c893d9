// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import dev.highbeam.runtime.backend.cuda.image.Capability;

/**
 * What one device says about itself. Asked of that device each time, never of "the current" one and
 * never remembered for another: boxes with different cards exist.
 *
 * @param ordinal the driver's number for it in this process, from 0
 * @param uuid such as GPU-8f1d..., equal in every process; empty where the driver cannot say
 * @param pciBusId such as 0000:3B:00.0; empty where the driver cannot say
 * @param multiprocessors streaming multiprocessors
 * @param totalBytes device memory
 * @param sharedBytesPerBlock the most shared memory a thread block can have, opt-in included
 * @param sharedBytesPerMultiprocessor shared memory of one multiprocessor
 * @param maxThreadsPerMultiprocessor resident threads of one multiprocessor
 * @param l2Bytes size of the level-2 cache
 * @param isIntegrated whether it shares the host's memory
 * @param limits the most a launch may ask for
 */
public record CudaDevice(
    int ordinal,
    String name,
    Capability capability,
    String uuid,
    String pciBusId,
    int multiprocessors,
    long totalBytes,
    int sharedBytesPerBlock,
    int sharedBytesPerMultiprocessor,
    int maxThreadsPerMultiprocessor,
    int l2Bytes,
    boolean isIntegrated,
    LaunchLimits limits)
    implements DetectedDevice {

  /** What messages call it, such as {@code cuda:1 (NVIDIA H200)}. */
  public String displayName() {
    return "cuda:" + ordinal + " (" + name + ")";
  }
}
