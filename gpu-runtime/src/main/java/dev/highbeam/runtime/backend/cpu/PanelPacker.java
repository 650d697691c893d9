// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.WeightSource;
import java.util.List;

/**
 * Brings one linear's weights into panels, panel by panel on all threads. Used once and dropped.
 */
final class PanelPacker implements ThreadPool.Task {

  private final StackedRows stackedRows;
  private final PanelWeights weights;
  private final float[][] rows;

  private PanelPacker(StackedRows stackedRows, PanelWeights weights, int threads) {
    this.stackedRows = stackedRows;
    this.weights = weights;
    this.rows = new float[threads][weights.spec().inputWidth()];
  }

  static PanelWeights pack(LinearSpec spec, DType weightType, ThreadPool pool) {
    StackedRows stacked = new StackedRows(spec);
    PanelWeights weights =
        new PanelWeights(spec, storedType(spec.members(), weightType), stacked.panelBias());
    PanelPacker packer = new PanelPacker(stacked, weights, pool.threads());
    pool.run(weights.panelCount(), packer);
    return weights;
  }

  /** BF16 if asked for, or if nothing is lost by it; else F32, which also holds F16 exactly. */
  static DType storedType(List<WeightSource> members, DType weightType) {
    boolean allBf16 = members.stream().allMatch(member -> member.dtype() == DType.BF16);
    return weightType == DType.BF16 || allBf16 ? DType.BF16 : DType.F32;
  }

  @Override
  public void run(int panel, int worker) {
    float[] row = rows[worker];
    for (int column = 0; column < Product.COLUMNS; column++) {
      int stacked = StackedRows.row(weights.spec(), panel, column);
      if (stacked < 0) {
        continue;
      }
      stackedRows.read(stacked, row, 0);
      if (weights.dtype() == DType.BF16) {
        storeBf16(panel, column, row);
      } else {
        storeFloats(panel, column, row);
      }
    }
  }

  private void storeFloats(int panel, int column, float[] row) {
    float[] target = weights.floats(panel);
    int place = weights.offset(panel) + column;
    for (float value : row) {
      target[place] = value;
      place += Product.COLUMNS;
    }
  }

  private void storeBf16(int panel, int column, float[] row) {
    int[] target = weights.words(panel);
    int shift = column < Product.HALF ? 0 : 16;
    int place = weights.offset(panel) + column % Product.HALF;
    for (float value : row) {
      target[place] |= (HalfFloats.floatToBf16(value) & 0xffff) << shift;
      place += Product.HALF;
    }
  }
}
