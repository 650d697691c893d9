// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.cuda.WorkspacePlan.SplitNeed;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import dev.highbeam.runtime.backend.cuda.driver.Launch;
import org.jspecify.annotations.Nullable;

/** A linear with its epilogue. Its family is fixed here; how it is cut follows the step's size. */
final class LinearOp extends RowOp {

  private final Op.Linear op;
  private final CudaLinear weight;
  private final DevicePointer tiles;
  private final LinearFamily family;

  /**
   * A linear.
   *
   * @param tiles where its weights are when it runs
   */
  LinearOp(Op.Linear op, Binding binding, DevicePointer tiles) {
    super(op.label(), binding, op.out());
    this.op = op;
    this.weight = (CudaLinear) op.weight();
    this.tiles = tiles;
    this.family = family(op, binding.target());
  }

  private static LinearFamily family(Op.Linear op, KernelTarget target) {
    CudaLinear weight = (CudaLinear) op.weight();
    LinearKernel kernel = LinearKernel.of(target.capability(), weight.dtype(), op.in().dtype());
    return LinearFamily.of(
        kernel, weight.dtype(), weight.spec().rowCount(), weight.spec().inputWidth());
  }

  /** The workspace that a linear needs at most over all steps of up to so many rows. */
  static SplitNeed splitNeed(Op.Linear op, KernelTarget target, int mostRows) {
    LinearFamily family = family(op, target);
    Buckets buckets = new Buckets(mostRows);
    long partialBytes = 0;
    long counterBytes = 0;
    for (int index = 0; index < buckets.count(); index++) {
      LinearTiles tiles = tiles(family, buckets.size(index), target);
      partialBytes = Math.max(partialBytes, tiles.partialBytes());
      counterBytes = Math.max(counterBytes, (long) tiles.counterCount() * Integer.BYTES);
    }
    return new SplitNeed(partialBytes, counterBytes);
  }

  private static LinearTiles tiles(LinearFamily family, int rows, KernelTarget target) {
    return LinearTiles.choose(family, rows, target.capability(), target.multiprocessors());
  }

  @Override
  Launch prepare(int rows, int headBlock) {
    LinearTiles cut = tiles(family, rows, binding().target());
    Buffer out = op.out();
    Buffer in = op.in();
    KernelArguments.Builder arguments =
        KernelArguments.builder(binding().context())
            .pointer("out", pointer(out))
            .int32("outType", TypeCodes.of(out.dtype()))
            .int64("outStride", DeviceBuffers.stride(out))
            .pointer("x", pointer(in))
            .int32("xType", TypeCodes.of(in.dtype()))
            .int64("xStride", DeviceBuffers.stride(in))
            .pointer("weightTiles", tiles);
    @Nullable DeviceMemory bias = weight.bias();
    if (bias == null) {
      arguments.nullPointer("bias");
    } else {
      arguments.pointer("bias", bias.pointer());
    }
    arguments
        .int32("rows", family.rows())
        .int32("paddedK", family.paddedK())
        .int32("epilogue", weight.spec().epilogue().ordinal())
        .int32("segmentLength", family.segmentLength())
        .int32("segmentCount", family.segmentCount())
        .int32("splitBlocks", cut.splitBlocks())
        .pointer("partials", binding().workspace().partials())
        .pointer("counters", binding().workspace().counters())
        .pointer("count", count(headBlock))
        .int32("countStart", 0);
    return new Launch(
        binding().kernels().function(cut.kernel()),
        Dim3.of(cut.gridX(), cut.gridY(), cut.gridZ()),
        Dim3.of(cut.shape().threads()),
        cut.shape().sharedBytes(),
        arguments.build(),
        label());
  }
}
