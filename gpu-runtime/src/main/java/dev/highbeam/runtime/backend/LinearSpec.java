// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a linear layer is made of: y[n] = sum over k of W[n, k] x[k] + b[n].
 *
 * @param name for messages and plans
 * @param members weights [rows, k] of F32, BF16 or F16, stacked in this order along the rows (q, k
 *     and v; gate and up)
 * @param biases one bias [rows] per member, each may be null
 * @param epilogue what happens to the sums
 * @param layer the layer that it belongs to, by which its place in memory is chosen; {@link
 *     #NO_LAYER} outside the layers
 */
public record LinearSpec(
    String name,
    List<WeightSource> members,
    List<@Nullable WeightSource> biases,
    Epilogue epilogue,
    int layer) {

  /** The layer of what belongs to none, as the head. */
  public static final int NO_LAYER = -1;

  /** A linear outside the layers. */
  public LinearSpec(
      String name,
      List<WeightSource> members,
      List<@Nullable WeightSource> biases,
      Epilogue epilogue) {
    this(name, members, biases, epilogue, NO_LAYER);
  }

  /** Columns of the weights: the width of the input. */
  public int inputWidth() {
    return Math.toIntExact(members.get(0).shape()[1]);
  }

  /** Rows of all members together. */
  public int rowCount() {
    long rows = 0;
    for (WeightSource member : members) {
      rows += member.shape()[0];
    }
    return Math.toIntExact(rows);
  }

  /** The width of the output. */
  public int outputWidth() {
    return epilogue.isGated() ? rowCount() / 2 : rowCount();
  }
}
