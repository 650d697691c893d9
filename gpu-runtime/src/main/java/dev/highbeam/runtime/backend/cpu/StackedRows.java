// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.WeightSource;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The members of a linear as one matrix, and the order in which panels of 32 columns take its rows:
 * as they come, or, for a gated epilogue, 16 gates and then their 16 ups.
 */
final class StackedRows {

  private final LinearSpec spec;

  /** Checks that the members fit together. */
  StackedRows(LinearSpec spec) {
    this.spec = spec;
    Checks.checkArgument(!spec.members().isEmpty(), "linear %s has no members", spec.name());
    Checks.checkArgument(
        spec.biases().size() == spec.members().size(),
        "linear %s needs one bias (or null) per member, was %s for %s",
        spec.name(),
        spec.biases().size(),
        spec.members().size());
    for (int i = 0; i < spec.members().size(); i++) {
      checkMember(spec.members().get(i), spec.biases().get(i));
    }
    Checks.checkArgument(
        !spec.epilogue().isGated() || spec.rowCount() % 2 == 0,
        "gated linear %s must have an even number of rows, was %s",
        spec.name(),
        spec.rowCount());
  }

  private void checkMember(WeightSource member, @Nullable WeightSource bias) {
    long[] shape = member.shape();
    Checks.checkArgument(
        shape.length == 2 && shape[1] == spec.members().get(0).shape()[1],
        "weight %s must be [rows, width] as its fellow members",
        member.name());
    Checks.checkArgument(
        bias == null || bias.elementCount() == shape[0],
        "the bias of weight %s must have %s elements",
        member.name(),
        shape[0]);
  }

  /** Columns of the output that a panel computes: 32, or 16 after a gate. */
  static int panelOutputs(LinearSpec spec) {
    return spec.epilogue().isGated() ? Product.HALF : Product.COLUMNS;
  }

  static int panelCount(LinearSpec spec) {
    int outputs = panelOutputs(spec);
    return (spec.outputWidth() + outputs - 1) / outputs;
  }

  /** The row that a panel's column stands for, or -1 past the last. */
  static int row(LinearSpec spec, int panel, int column) {
    int outputs = spec.outputWidth();
    if (!spec.epilogue().isGated()) {
      int row = panel * Product.COLUMNS + column;
      return row < outputs ? row : -1;
    }
    int output = panel * Product.HALF + column % Product.HALF;
    if (output >= outputs) {
      return -1;
    }
    return column < Product.HALF ? output : outputs + output;
  }

  /**
   * The rows from one on where they lie, or null if they are not bf16 in one piece outside of the
   * heap.
   */
  @Nullable ByteBuffer direct(int row, int count) {
    int rest = row;
    int width = spec.inputWidth();
    for (WeightSource member : spec.members()) {
      int memberRows = Math.toIntExact(member.shape()[0]);
      if (rest < memberRows) {
        if (member.dtype() != DType.BF16 || rest + count > memberRows) {
          return null;
        }
        ByteBuffer bytes = member.bytes((long) rest * width, count * width);
        return bytes.isDirect() ? bytes : null;
      }
      rest -= memberRows;
    }
    return null;
  }

  /** Reads a row as f32. */
  void read(int row, float[] target, int offset) {
    int rest = row;
    int width = spec.inputWidth();
    for (WeightSource member : spec.members()) {
      int memberRows = Math.toIntExact(member.shape()[0]);
      if (rest < memberRows) {
        member.read((long) rest * width, target, offset, width);
        return;
      }
      rest -= memberRows;
    }
    throw new IllegalArgumentException("no member holds row " + row);
  }

  /**
   * Biases in the order of the panels' columns, 0 where there is none; null if no member has one.
   */
  float @Nullable [] panelBias() {
    if (spec.biases().stream().allMatch(bias -> bias == null)) {
      return null;
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
    float[] bias = new float[panelCount(spec) * Product.COLUMNS];
    for (int place = 0; place < bias.length; place++) {
      int row = row(spec, place / Product.COLUMNS, place % Product.COLUMNS);
      bias[place] = row < 0 ? 0f : stacked[row];
    }
    return bias;
  }
}
