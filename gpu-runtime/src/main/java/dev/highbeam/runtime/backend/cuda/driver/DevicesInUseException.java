// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda.driver;

/** Every device that would do is used by another process, and sharing was not asked for. */
public final class DevicesInUseException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  DevicesInUseException(String message) {
    super(message);
  }
}
