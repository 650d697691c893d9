// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.KvGroup;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import java.util.ArrayList;
import java.util.List;

/**
 * Which programs the kernels of machine code can run: decoders whose activations, keys and values
 * are bf16.
 */
final class TileSupport {

  private TileSupport() {}

  static boolean canRun(Program program, Capacity capacity) {
    List<Op> ops = new ArrayList<>(program.body());
    ops.addAll(program.head());
    TileLayout[] layouts = TileBuffers.layouts(program);
    return ops.stream().anyMatch(op -> op instanceof Op.Linear)
        && program.kvGroups().stream().allMatch(group -> isCached(group, capacity))
        && ops.stream().allMatch(op -> isKnown(op, layouts));
  }

  private static boolean isCached(KvGroup group, Capacity capacity) {
    return group.dtype() == DType.BF16 && capacity.pageSize() % TileKernels.GROUP_TOKENS == 0;
  }

  private static boolean isKnown(Op op, TileLayout[] layouts) {
    if (op instanceof Op.Embed embed) {
      return embed.table() instanceof TileTable && isFloat(embed.out(), layouts);
    }
    if (op instanceof Op.RmsNorm norm) {
      return isFloat(norm.in(), layouts);
    }
    if (op instanceof Op.Linear linear) {
      return linear.weight() instanceof TileWeights
          && layouts[linear.in().index()] == TileLayout.BF16_TILES
          && (linear.weight().spec().epilogue() != Epilogue.ADD || isFloat(linear.out(), layouts));
    }
    if (op instanceof Op.RopeAppend append) {
      return layouts[append.qkv().index()] == TileLayout.BF16_ROWS;
    }
    if (op instanceof Op.Attention attention) {
      return layouts[attention.qkv().index()] == TileLayout.BF16_ROWS
          && layouts[attention.out().index()] == TileLayout.BF16_TILES;
    }
    if (op instanceof Op.Gather gather) {
      return isFloat(gather.in(), layouts) && isFloat(gather.out(), layouts);
    }
    return op instanceof Op.ScoreOrSample;
  }

  private static boolean isFloat(Buffer buffer, TileLayout[] layouts) {
    return layouts[buffer.index()] == TileLayout.F32_ROWS;
  }
}
