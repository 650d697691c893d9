// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.image;

import java.time.Duration;

/**
 * How large a folder of compiled kernels may grow.
 *
 * @param maxBytes of all images together
 * @param maxFiles images
 * @param lockPatience how long to wait for another process that compiles the same
 */
record StoreLimits(long maxBytes, int maxFiles, Duration lockPatience) {

  /** A set of kernels has some megabytes for each architecture, so this holds years of versions. */
  static final StoreLimits DEFAULT = new StoreLimits(1L << 30, 4096, Duration.ofMinutes(10));

  /** After this time no one is still writing a temporary file or compiling under a lock. */
  static final Duration LEFT_BEHIND = Duration.ofHours(1);
}
