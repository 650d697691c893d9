// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Op;

/** Copies the rows whose logits are wanted, a few at a time on each thread. */
final class TileGatherOp implements BoundOp, ThreadPool.Task {

  private static final int ROWS_PER_TASK = 16;

  private final Op.Gather op;
  private final TileBinding binding;
  private int rows;
  private int firstRow;

  TileGatherOp(Op.Gather op, TileBinding binding) {
    this.op = op;
    this.binding = binding;
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState step) {
    rows = step.rows(op.out());
    firstRow = step.headStart();
    binding.pool().run(TileLayout.count(rows, ROWS_PER_TASK), this);
  }

  @Override
  public void run(int task, int worker) {
    int begin = task * ROWS_PER_TASK;
    int end = Math.min(rows, begin + ROWS_PER_TASK);
    long tokens = binding.step().logitRows().address() + 4L * firstRow;
    long in = binding.buffers().matrix(op.in());
    TileKernels.gather(in, tokens, begin, end, binding.buffers().matrix(op.out()));
  }
}
