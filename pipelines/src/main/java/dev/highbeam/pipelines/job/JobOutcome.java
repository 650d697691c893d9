// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

/** How a job ended, and with which exit code. */
enum JobOutcome {
  DONE("done", ExitCode.DONE),
  FAILED("failed", ExitCode.FAILED),
  /** The engine found the model or the configuration wrong after the first checks had passed. */
  MISCONFIGURED("misconfigured", ExitCode.USAGE),
  TOO_MANY_ERRORS("too_many_errors", ExitCode.TOO_MANY_ERRORS),
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

  ExitCode exitCode() {
    return exitCode;
  }
}
