// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.rows;

import dev.highbeam.schemas.ErrorCode;

/**
 * A record cannot be served. Never leaves the function that handles one record: it becomes an error
 * row there. Without a stack trace, because a job may hold millions of them.
 */
public final class BadRecordException extends Exception {

  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  public BadRecordException(ErrorCode code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  public ErrorCode code() {
    return code;
  }

  /** One sentence for people. */
  public String sentence() {
    return String.valueOf(getMessage());
  }
}
