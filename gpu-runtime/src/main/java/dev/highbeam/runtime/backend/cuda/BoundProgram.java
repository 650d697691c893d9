// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import java.util.List;

/**
 * A program's actions over one layout of the batch: the body once, the head for each block of logit
 * rows.
 */
final class BoundProgram {

  private final List<StepAction> body;
  private final List<StepAction> head;
  private final int headRows;
  private final boolean isSynchronous;
  // Written by the engine's thread, read by the watchdog's.
  private volatile String currentOp = "nothing yet";

  /**
   * A bound program.
   *
   * @param headRows most logit rows of a block
   * @param isSynchronous whether to wait after each action, so that a fault names its op exactly
   */
  BoundProgram(List<StepAction> body, List<StepAction> head, int headRows, boolean isSynchronous) {
    this.body = List.copyOf(body);
    this.head = List.copyOf(head);
    this.headRows = headRows;
    this.isSynchronous = isSynchronous;
  }

  /** Puts a step into the stream. */
  void enqueue(CudaStream stream, StepCounts counts) {
    counts.beginHead(0, 0);
    enqueue(body, stream, counts);
    int rows = counts.logitRows();
    for (int block = 0; block * headRows < rows; block++) {
      counts.beginHead(block, Math.min(headRows, rows - block * headRows));
      enqueue(head, stream, counts);
    }
  }

  private void enqueue(List<StepAction> actions, CudaStream stream, StepCounts counts) {
    for (StepAction action : actions) {
      currentOp = action.label();
      action.enqueue(stream, counts);
      if (isSynchronous) {
        stream.synchronize();
      }
    }
  }

  String currentOp() {
    return currentOp;
  }
}
