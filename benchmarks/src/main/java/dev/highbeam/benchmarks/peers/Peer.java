// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** An engine that can be measured, seen from the process that compares. */
interface Peer {

  String name();

  /** Why it cannot take part here, in one sentence; empty if it can. */
  Optional<String> reasonToSkip(Cell cell);

  /**
   * Runs the engine in a process of its own.
   *
   * @param log file for everything that the process prints
   * @throws FailedRunException if it ended without a measurement
   */
  Measurement measure(Cell cell, Path log) throws IOException, InterruptedException;
}
