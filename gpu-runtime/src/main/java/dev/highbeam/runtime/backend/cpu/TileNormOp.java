// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Op;

/** RMSNorm into tiles, a few rows at a time on each thread. */
final class TileNormOp implements BoundOp, ThreadPool.Task {

  private static final int ROWS_PER_TASK = 4;

  private final Op.RmsNorm op;
  private final TileBinding binding;
  private final long weight;
  private int rows;

  TileNormOp(Op.RmsNorm op, TileBinding binding) {
    this.op = op;
    this.binding = binding;
    this.weight = binding.memory().take(((ParameterVector) op.weight()).values());
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState step) {
    rows = step.rows(op.in());
    binding.pool().run((rows + ROWS_PER_TASK - 1) / ROWS_PER_TASK, this);
  }

  @Override
  public void run(int task, int worker) {
    int begin = task * ROWS_PER_TASK;
    int end = Math.min(rows, begin + ROWS_PER_TASK);
    long in = binding.buffers().matrix(op.in());
    long out = binding.buffers().matrix(op.out());
    TileKernels.rmsNorm(in, weight, op.epsilon(), begin, end, out);
  }
}
