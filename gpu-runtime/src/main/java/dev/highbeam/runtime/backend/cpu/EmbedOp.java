// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Op;

/** Looks tokens up, those too that only the state slots know yet. */
final class EmbedOp implements BoundOp {

  private final Op.Embed op;
  private final EmbeddingTable table;
  private final float[] out;
  private final Kernels kernels;

  EmbedOp(Op.Embed op, EmbeddingTable table, float[] out, Kernels kernels) {
    this.op = op;
    this.table = table;
    this.out = out;
    this.kernels = kernels;
  }

  @Override
  public String label() {
    return op.label();
  }

  @Override
  public void run(StepState step) {
    int width = table.width();
    int rows = step.rows(op.out());
    for (int row = 0; row < rows; row++) {
      int tokenId = step.tokenId(row, table.rowCount());
      table.copyRow(tokenId, op.scale(), out, row * width);
    }
    if (op.out().dtype() == DType.BF16) {
      kernels.roundToBf16(out, 0, rows * width);
    }
  }
}
