// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.options;

/**
 * The command line, the config file or what they name is wrong. The message is one sentence for the
 * user, shown without a stack trace; the program ends with exit code 2.
 */
public final class UsageException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }

  public UsageException(String message, Throwable cause) {
    super(message, cause);
  }
}
