// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.pipelines.job;

/**
 * How the program ends, for schedulers to act upon. A signal ends the JVM itself, with 130 or 143.
 */
public enum ExitCode {
  /** All rows are done. */
  DONE(0),
  /** The job failed. */
  FAILED(1),
  /** The command line, the config or the model is wrong. */
  USAGE(2),
  /** Stopped of its own accord: too many rows failed, its deadline came, its budget is spent. */
  STOPPED(3),
  /** The device is lost; a new process may go on. */
  FATAL_DEVICE(70);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }
}
