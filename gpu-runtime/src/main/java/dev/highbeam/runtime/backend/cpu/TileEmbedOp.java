// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Op;

/** Looks tokens up, those too that only the state slots know yet. */
final class TileEmbedOp implements BoundOp, ThreadPool.Task {

  private static final int ROWS_PER_TASK = 16;

  private final Op.Embed op;
  private final TileBinding binding;
  private final TileTable table;
  private int rows;

  TileEmbedOp(Op.Embed op, TileBinding binding) {
    this.op = op;
    this.binding = binding;
    this.table = (TileTable) op.table();
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState step) {
    rows = step.rows(op.out());
    TileStep.Ints ids = binding.step().tokenIds();
    for (int row = 0; row < rows; row++) {
      ids.put(row, step.tokenId(row, table.rowCount()));
    }
    binding.pool().run(TileLayout.count(rows, ROWS_PER_TASK), this);
  }

  @Override
  public void run(int task, int worker) {
    int begin = task * ROWS_PER_TASK;
    int end = Math.min(rows, begin + ROWS_PER_TASK);
    long ids = binding.step().tokenIds().address();
    long out = binding.buffers().matrix(op.out());
    TileKernels.embed(table.address(), ids, op.scale(), begin, end, out);
  }
}
