// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.io.IOException;

/** An engine's process that ended without a measurement. */
final class FailedRunException extends IOException {

  private static final long serialVersionUID = 1L;

  FailedRunException(String message) {
    super(message);
  }
}
