// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

import dev.highbeam.schemas.ErrorCode;
import org.jspecify.annotations.Nullable;

/** How a job ended, and with which exit code. */
enum JobOutcome {
  DONE("done", ExitCode.DONE),
  FAILED("failed", ExitCode.FAILED),
  /** The engine found the model or the configuration wrong after the first checks had passed. */
  MISCONFIGURED("misconfigured", ExitCode.USAGE),
  TOO_MANY_ERRORS("too_many_errors", ExitCode.STOPPED),
  DEADLINE("deadline", ExitCode.STOPPED),
  TOKEN_BUDGET("token_budget", ExitCode.STOPPED),
  FATAL_DEVICE("fatal_device", ExitCode.FATAL_DEVICE),
  /** A signal or the caller stopped it. After a signal the JVM itself sets the exit code. */
  CANCELLED("cancelled", ExitCode.FAILED);

  private final String word;
  private final ExitCode exitCode;

  JobOutcome(String word, ExitCode exitCode) {
    this.word = word;
    this.exitCode = exitCode;
  }

  String word() {
    return word;
  }

  /** Why the rows that are not done were given up; null if nobody gave them up. */
  @Nullable ErrorCode openRows() {
    return switch (this) {
      case DEADLINE -> ErrorCode.TIMEOUT;
      case TOO_MANY_ERRORS, TOKEN_BUDGET, CANCELLED -> ErrorCode.CANCELLED;
      case DONE, FAILED, MISCONFIGURED, FATAL_DEVICE -> null;
    };
  }

  ExitCode exitCode() {
    return exitCode;
  }
}
