// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Op;

/** Looks tokens up, those too that only the state slots know yet. */
final class TileEmbedOp implements BoundOp {

  private final Op.Embed op;
  private final TileBinding binding;
  private final TileTable table;

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
    int rows = step.rows(op.out());
    TileStep.Ints ids = binding.step().tokenIds();
    for (int row = 0; row < rows; row++) {
      ids.put(row, step.tokenId(row, table.rowCount()));
    }
    long out = binding.buffers().address(op.out());
    TileKernels.embed(table.address(), ids.address(), table.width(), op.scale(), 0, rows, out);
  }
}
