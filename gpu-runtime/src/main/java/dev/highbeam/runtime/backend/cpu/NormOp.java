// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Op;

/** RMSNorm, a few rows at a time on each thread. */
final class NormOp implements BoundOp, ThreadPool.Task {

  /** Elements that make a claim of work worth its cost. */
  private static final int GRAIN = 4096;

  private final Op.RmsNorm op;
  private final float[] in;
  private final float[] out;
  private final float[] weight;
  private final CpuContext context;
  private final int width;
  private final int rowsPerTask;
  private int rows;

  NormOp(Op.RmsNorm op, float[] in, float[] out, CpuContext context) {
    this.op = op;
    this.in = in;
    this.out = out;
    this.context = context;
    this.weight = ((ParameterVector) op.weight()).values();
    this.width = op.in().width();
    this.rowsPerTask = Math.max(1, GRAIN / width);
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState step) {
    rows = step.rows(op.in());
    context.pool().run((rows + rowsPerTask - 1) / rowsPerTask, this);
  }

  @Override
  public void run(int task, int worker) {
    int end = Math.min(rows, (task + 1) * rowsPerTask);
    for (int row = task * rowsPerTask; row < end; row++) {
      normalize(row * width, context.scratch(worker).lanes);
    }
  }

  private void normalize(int offset, float[] lanes) {
    float squares = context.kernels().sumOfSquares(in, offset, width, lanes);
    float factor = (float) (1 / Math.sqrt((double) squares / width + op.epsilon()));
    for (int i = 0; i < width; i++) {
      out[offset + i] = in[offset + i] * factor * weight[i];
    }
    if (op.out().dtype() == DType.BF16) {
      context.kernels().roundToBf16(out, offset, width);
    }
  }
}
