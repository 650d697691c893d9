// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Op;

/** Copies the rows whose logits are wanted. */
final class GatherOp implements BoundOp {

  private final Op.Gather op;
  private final float[] in;
  private final float[] out;
  private final Kernels kernels;

  GatherOp(Op.Gather op, float[] in, float[] out, Kernels kernels) {
    this.op = op;
    this.in = in;
    this.out = out;
    this.kernels = kernels;
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState step) {
    int width = op.in().width();
    int rows = step.rows(op.out());
    for (int row = 0; row < rows; row++) {
      int token = step.batch().logitRows[step.headStart() + row];
      System.arraycopy(in, token * width, out, row * width, width);
    }
    if (op.out().dtype() == DType.BF16 && op.in().dtype() != DType.BF16) {
      kernels.roundToBf16(out, 0, rows * width);
    }
  }
}
