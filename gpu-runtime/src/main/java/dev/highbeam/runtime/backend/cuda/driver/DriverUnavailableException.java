// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

import org.jspecify.annotations.Nullable;

/**
 * This process has no usable CUDA driver. The message is one sentence that says why; the cause is
 * the first thing that failed. Nothing is left behind, so asking again later may succeed.
 */
public final class DriverUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  DriverUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
