// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.WeightSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings one linear's weights into panels, panel by panel on all threads. Used once and dropped.
 */
final class PanelPacker implements ThreadPool.Task {

  private final LinearSpec spec;
  private final PanelWeights weights;
  private final float[][] rows;

  private PanelPacker(LinearSpec spec, PanelWeights weights, int threads) {
    this.spec = spec;
    this.weights = weights;
    this.rows = new float[threads][spec.inputWidth()];
  }

  static PanelWeights pack(LinearSpec spec, DType weightType, ThreadPool pool) {
    check(spec);
    PanelWeights weights = new PanelWeights(spec, storedType(spec.members(), weightType));
    PanelPacker packer = new PanelPacker(spec, weights, pool.threads());
    packer.packBias();
    pool.run(weights.panelCount(), packer);
    return weights;
  }

  /** BF16 if asked for, or if nothing is lost by it; else F32, which also holds F16 exactly. */
  static DType storedType(List<WeightSource> members, DType weightType) {
    boolean allBf16 = members.stream().allMatch(member -> member.dtype() == DType.BF16);
    return weightType == DType.BF16 || allBf16 ? DType.BF16 : DType.F32;
  }

  private static void check(LinearSpec spec) {
    Checks.checkArgument(!spec.members().isEmpty(), "linear %s has no members", spec.name());
    Checks.checkArgument(
        spec.biases().size() == spec.members().size(),
        "linear %s needs one bias (or null) per member, was %s for %s",
        spec.name(),
        spec.biases().size(),
        spec.members().size());
    for (int i = 0; i < spec.members().size(); i++) {
      WeightSource member = spec.members().get(i);
      long[] shape = member.shape();
      Checks.checkArgument(
          shape.length == 2 && shape[1] == spec.members().get(0).shape()[1],
          "weight %s must be [rows, width] as its fellow members",
          member.name());
      WeightSource bias = spec.biases().get(i);
      Checks.checkArgument(
          bias == null || bias.elementCount() == shape[0],
          "the bias of weight %s must have %s elements",
          member.name(),
          shape[0]);
    }
    Checks.checkArgument(
        !spec.epilogue().isGated() || spec.rowCount() % 2 == 0,
        "gated linear %s must have an even number of rows, was %s",
        spec.name(),
        spec.rowCount());
  }

  @Override
  public void run(int panel, int worker) {
    float[] row = rows[worker];
    for (int column = 0; column < Product.COLUMNS; column++) {
      int stacked = weights.row(panel, column);
      if (stacked < 0) {
        continue;
      }
      read(stacked, row);
      if (weights.dtype() == DType.BF16) {
        storeBf16(panel, column, row);
      } else {
        storeFloats(panel, column, row);
      }
    }
  }

  private void read(int stacked, float[] row) {
    int rest = stacked;
    for (WeightSource member : spec.members()) {
      int memberRows = Math.toIntExact(member.shape()[0]);
      if (rest < memberRows) {
        member.read((long) rest * row.length, row, 0, row.length);
        return;
      }
      rest -= memberRows;
    }
    throw new IllegalStateException("no member holds row " + stacked);
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

  private void packBias() {
    float[] bias = weights.bias();
    if (bias == null) {
      return;
    }
    float[] stacked = new float[spec.rowCount()];
    int from = 0;
    for (int i = 0; i < spec.members().size(); i++) {
      int memberRows = Math.toIntExact(spec.members().get(i).shape()[0]);
      @Nullable WeightSource source = spec.biases().get(i);
      if (source != null) {
        source.read(0, stacked, from, memberRows);
      }
      from += memberRows;
    }
    for (int place = 0; place < bias.length; place++) {
      int row = weights.row(place / Product.COLUMNS, place % Product.COLUMNS);
      bias[place] = row < 0 ? 0f : stacked[row];
    }
  }
}
