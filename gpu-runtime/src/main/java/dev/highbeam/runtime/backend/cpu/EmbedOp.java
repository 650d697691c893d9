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

  EmbedOp(Op.Embed op, float[] out, Kernels kernels) {
    this.op = op;
    this.table = (EmbeddingTable) op.table();
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
      int tokenId = step.batch().tokenIds[row];
      if (tokenId < 0) {
        tokenId = step.slot(-tokenId - 1).lastTokenId();
      }
      if (tokenId >= table.rowCount()) {
        throw new IllegalArgumentException(
            "token id must be below " + table.rowCount() + ", was " + tokenId);
      }
      table.copyRow(tokenId, op.scale(), out, row * width);
    }
    if (op.out().dtype() == DType.BF16) {
      kernels.roundToBf16(out, 0, rows * width);
    }
  }
}
