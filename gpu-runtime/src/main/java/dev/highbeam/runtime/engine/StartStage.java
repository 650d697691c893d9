// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

/** What a start is doing: written by the thread that starts an engine, read by who waits for it. */
final class StartStage {

  private volatile String doing = "opening the model's files";

  /** The start goes on with this; reads well after "still". */
  void enter(String next) {
    doing = next;
  }

  String doing() {
    return doing;
  }
}
