// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import org.jspecify.annotations.Nullable;

/**
 * Which device a worker wants. The first of these that is given decides; if none is, the least used
 * device does.
 *
 * @param explicit an ordinal ({@code 1} or {@code cuda:1}) or the beginning of a UUID ({@code
 *     GPU-8f1d}); what the user typed
 * @param externalIndex the index that a resource manager such as Flink's gave to this worker
 * @param sharing whether a device that another process uses already will do
 */
public record DeviceRequest(
    @Nullable String explicit, @Nullable String externalIndex, Sharing sharing) {

  /** What to do about a device that another process uses. */
  public enum Sharing {
    /** Refuse: two engines would plan for the same memory. */
    REFUSE,
    /** Take it: the user has divided the memory by hand. */
    ALLOW
  }

  /** Any device that no other process uses. */
  public static DeviceRequest any() {
    return new DeviceRequest(null, null, Sharing.REFUSE);
  }
}
