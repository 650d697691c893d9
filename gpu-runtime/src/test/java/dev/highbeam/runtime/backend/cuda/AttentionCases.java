// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import java.util.ArrayList;
import java.util.List;

/** Attention layers that tests go through. */
final class AttentionCases {

  /** Types of queries, and of keys and values, that have kernels of their own. */
  static final List<AttentionCase> TYPES =
      List.of(
          new AttentionCase(ElementType.F32, ElementType.F32),
          new AttentionCase(ElementType.F32, ElementType.BF16),
          new AttentionCase(ElementType.BF16, ElementType.BF16),
          new AttentionCase(ElementType.F16, ElementType.F16),
          new AttentionCase(ElementType.BF16, ElementType.FP8),
          new AttentionCase(ElementType.F16, ElementType.FP8));

  // Query heads and kv heads.
  private static final int[][] HEADS = {{1, 1}, {6, 2}, {5, 1}, {9, 1}, {4, 4}, {16, 1}};
  private static final int[] HEAD_DIMS = {64, 80, 96, 128, 256, 8};
  private static final int[] PAGE_SIZES = {1, 8, 16, 32};
  private static final int[] WINDOWS = {0, 1, 7, 127};
  private static final float[] CAPS = {0, 30, 50};

  private AttentionCases() {}

  /** Layers in which any two settings occur together; every count-th of them, from the given on. */
  static List<AttentionCase> pairwise(int begin, int count) {
    List<int[]> rows =
        Pairwise.cases(
            TYPES.size(),
            HEADS.length,
            HEAD_DIMS.length,
            PAGE_SIZES.length,
            WINDOWS.length,
            CAPS.length,
            2,
            2,
            2);
    List<AttentionCase> layers = new ArrayList<>();
    for (int i = begin; i < rows.size(); i += count) {
      int[] row = rows.get(i);
      int[] heads = HEADS[row[1]];
      AttentionCase layer =
          TYPES
              .get(row[0])
              .heads(heads[0], heads[1])
              .headDim(HEAD_DIMS[row[2]])
              .pages(PAGE_SIZES[row[3]], row[6] == 1)
              .window(WINDOWS[row[4]])
              .softCap(CAPS[row[5]])
              .sinks(row[7] == 1);
      layers.add(row[8] == 1 ? layer.scales(0.5f, 2) : layer);
    }
    return layers;
  }

  /** Each type twice, with all heads and head sizes in turn; for what must hold bit for bit. */
  static List<AttentionCase> varied() {
    List<AttentionCase> layers = new ArrayList<>();
    int[] headDims = {16, 32, 64, 128, 80, 256};
    for (int i = 0; i < headDims.length; i++) {
      AttentionCase layer = TYPES.get(i).headDim(headDims[i]).scales(0.5f, 2);
      layers.add(layer.heads(3, 1));
      layers.add(layer.heads(2, 2).window(100).sinks(true).pages(4, true));
    }
    return layers;
  }
}
