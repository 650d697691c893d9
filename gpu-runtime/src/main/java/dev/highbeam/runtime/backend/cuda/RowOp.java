// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;

/** An op whose grid follows the rows of a buffer: tokens of the step, or rows of a head block. */
abstract class RowOp extends CudaOp {

  private final Binding binding;
  private final boolean isHead;

  RowOp(String label, Binding binding, Buffer rows) {
    super(label, binding.mostRows(isHead(rows)));
    this.binding = binding;
    this.isHead = isHead(rows);
  }

  private static boolean isHead(Buffer buffer) {
    return buffer.rows() == Buffer.Rows.LOGIT_ROWS;
  }

  final Binding binding() {
    return binding;
  }

  @Override
  final int size(StepCounts counts) {
    return isHead ? counts.headRows() : counts.tokens();
  }

  /** Where the device finds how many rows there are, of the step or of a head block. */
  final DevicePointer count(int headBlock) {
    BatchPointers batch = binding.batch();
    return isHead ? batch.headCount(headBlock) : batch.tokenCount();
  }

  /** The step's row with which a head block begins; 0 for tokens. */
  final int start(int headBlock) {
    return isHead ? headBlock * binding.capacity().headRows() : 0;
  }

  final DevicePointer pointer(Buffer buffer) {
    return binding.buffers().pointer(buffer);
  }
}
