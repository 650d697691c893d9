// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import java.util.stream.Stream;

/**
 * Which programs the kernels of machine code can run: those whose weights lie in tiles, whose
 * linears read bf16, and whose keys and values are bf16.
 */
final class TileSupport {

  /** Beyond it a block of attention would no longer stay in the cache. */
  private static final int MAX_HEAD_DIM = 512;

  private TileSupport() {}

  static boolean canRun(Program program) {
    TileLayout[] layouts = TileBuffers.layouts(program);
    return program.kvGroups().stream().allMatch(TileSupport::isCached)
        && Stream.concat(program.body().stream(), program.head().stream())
            .allMatch(op -> isKnown(op, layouts));
  }

  private static boolean isCached(KvGroup group) {
    return group.dtype() == DType.BF16
        && group.headDim() <= MAX_HEAD_DIM
        && group.headDim() % 2 == 0;
  }

  private static boolean isKnown(Op op, TileLayout[] layouts) {
    if (op instanceof Op.Embed embed) {
      return embed.table() instanceof TileTable;
    }
    if (op instanceof Op.Linear linear) {
      boolean isAdd = linear.weight().spec().epilogue() == Epilogue.ADD;
      return linear.weight() instanceof TileWeights
          && layouts[linear.in().index()] == TileLayout.BF16_TILES
          && !(isAdd && layouts[linear.out().index()] == TileLayout.BF16_TILES);
    }
    if (op instanceof Op.RopeAppend append) {
      return layouts[append.qkv().index()] == TileLayout.BF16_ROWS;
    }
    if (op instanceof Op.Attention attention) {
      return layouts[attention.qkv().index()] == TileLayout.BF16_ROWS;
    }
    return true;
  }
}
