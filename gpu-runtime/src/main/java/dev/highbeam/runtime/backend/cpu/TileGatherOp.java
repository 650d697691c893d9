// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Op;
import java.nio.ByteBuffer;

/** Copies the rows whose logits are wanted, f32 to f32. */
final class TileGatherOp implements BoundOp {

  private final Op.Gather op;
  private final TileBinding binding;
  private final int rowBytes;

  TileGatherOp(Op.Gather op, TileBinding binding) {
    this.op = op;
    this.binding = binding;
    this.rowBytes = Math.multiplyExact(4, op.in().width());
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState step) {
    int rows = step.rows(op.out());
    for (int row = 0; row < rows; row++) {
      int token = step.batch().logitRows[step.headStart() + row];
      row(op.out(), row).put(row(op.in(), token));
    }
  }

  private ByteBuffer row(Buffer buffer, int row) {
    return NativeMemory.view(binding.buffers().address(buffer) + (long) row * rowBytes, rowBytes);
  }
}
