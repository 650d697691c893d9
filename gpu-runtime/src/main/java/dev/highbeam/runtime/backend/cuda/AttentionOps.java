// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import dev.highbeam.runtime.backend.cuda.driver.Launch;
import dev.highbeam.runtime.backend.cuda.image.Capability;
import java.util.List;

/**
 * Attention in up to three kernels: PROMPT tokens in tiles, OUTPUT tokens by a list of rows and
 * splits, and the combination of the rows whose splits were apart. A step launches those that it
 * has work for.
 */
final class AttentionOps {

  /** Keys and values are stored as they are; scales are for formats that need them. */
  private static final float NO_SCALE = 1;

  private static final int COMBINE_THREADS = 128;

  /** Blocks per multiprocessor of the kernels that take items in turn. */
  private static final int RESIDENT_BLOCKS = 4;

  private AttentionOps() {}

  /** The kernels of the op, in order. */
  static List<StepAction> of(Op.Attention op, Binding binding) {
    return List.of(new Prompt(op, binding), new Output(op, binding), new Combine(op, binding));
  }

  /** What the three have in common. */
  private abstract static class Part extends CudaOp {

    private final Op.Attention op;
    private final Binding binding;

    Part(Op.Attention op, Binding binding, int largest) {
      super(op.label(), largest);
      this.op = op;
      this.binding = binding;
    }

    final Binding binding() {
      return binding;
    }

    final Op.Attention op() {
      return op;
    }

    final AttentionSpec spec() {
      return op.attention();
    }

    final Capability capability() {
      return binding.target().capability();
    }

    final DType kvType() {
      return op.group().dtype();
    }

    final BatchPointers batch() {
      return binding.batch();
    }

    /** Blocks that fill the device, or one for each item if these are fewer. */
    final int persistentBlocks(long items) {
      long most = (long) binding.target().multiprocessors() * RESIDENT_BLOCKS;
      return (int) Math.min(items, most);
    }

    final KernelArguments.Builder out() {
      return KernelArguments.builder(binding.context())
          .pointer("out", binding.buffers().pointer(op.out()))
          .int32("outType", TypeCodes.of(op.out().dtype()))
          .int64("outStride", DeviceBuffers.stride(op.out()));
    }

    /** The parameters that PROMPT and OUTPUT kernels share. */
    final KernelArguments.Builder attend() {
      KvPages pages = binding.kv(op.group());
      KernelArguments.Builder arguments =
          out()
              .pointer("q", binding.buffers().pointer(op.qkv()))
              .int32("qType", TypeCodes.of(op.qkv().dtype()))
              .int64("qStride", DeviceBuffers.stride(op.qkv()))
              .pointer("keys", pages.keys(op.layer()))
              .pointer("values", pages.values(op.layer()))
              .int64("pageStride", pages.pageStride())
              .int64("headStride", pages.headStride())
              .int64("tokenStride", pages.tokenStride())
              .int32("pageSizeLog2", Integer.numberOfTrailingZeros(pages.pageSize()))
              .float32("keyScale", NO_SCALE)
              .float32("valueScale", NO_SCALE)
              .int32("queryHeads", spec().queryHeads())
              .int32("kvHeads", spec().kvHeads())
              .int32("headDim", spec().headDim())
              .float32("scale", spec().scale())
              .int32("window", spec().window())
              .float32("softCap", spec().softCap());
      return sinks(arguments)
          .pointer("header", batch().header())
          .pointer("positions", batch().positions())
          .pointer("pageIndptr", batch().pageIndptr())
          .pointer("pageIndices", batch().pageIndices());
    }

    final KernelArguments.Builder sinks(KernelArguments.Builder arguments) {
      return spec().sinks() == null
          ? arguments.nullPointer("sinks")
          : arguments.pointer("sinks", binding.sinks().pointer(spec()));
    }

    final Launch launch(
        String kernel, Dim3 grid, int threads, int sharedBytes, KernelArguments.Builder arguments) {
      return new Launch(
          binding.kernels().function(kernel),
          grid,
          Dim3.of(threads),
          sharedBytes,
          arguments.build(),
          label());
    }
  }

  private static final class Prompt extends Part {

    Prompt(Op.Attention op, Binding binding) {
      super(op, binding, Math.max(1, binding.batch().layout().promptTiles()));
    }

    @Override
    int size(StepCounts counts) {
      return counts.promptTiles();
    }

    @Override
    Launch prepare(int tiles, int headBlock) {
      AttentionVariants.Variant variant =
          AttentionVariants.prompt(capability(), op().qkv().dtype(), kvType(), spec());
      return launch(
          variant.kernel(),
          Dim3.of(tiles, variant.blocks()),
          variant.threads(),
          variant.sharedBytes(),
          attend().pointer("tiles", batch().promptTiles()));
    }
  }

  private static final class Output extends Part {

    Output(Op.Attention op, Binding binding) {
      super(op, binding, binding.batch().layout().work());
    }

    @Override
    int size(StepCounts counts) {
      return counts.work();
    }

    @Override
    Launch prepare(int items, int headBlock) {
      AttentionVariants.Variant variant =
          AttentionVariants.output(capability(), op().qkv().dtype(), kvType(), spec());
      return launch(
          variant.kernel(),
          Dim3.of(persistentBlocks((long) items * variant.blocks())),
          variant.threads(),
          variant.sharedBytes(),
          attend()
              .pointer("work", batch().outputWork())
              .pointer("partials", binding().workspace().partials()));
    }
  }

  private static final class Combine extends Part {

    Combine(Op.Attention op, Binding binding) {
      super(op, binding, binding.batch().layout().combines());
    }

    @Override
    int size(StepCounts counts) {
      return counts.combines();
    }

    @Override
    Launch prepare(int rows, int headBlock) {
      int elements = spec().queryHeads() * spec().headDim();
      long blocks = (long) rows * LinearFamily.ceilDiv(elements, COMBINE_THREADS);
      KernelArguments.Builder arguments =
          out().int32("queryHeads", spec().queryHeads()).int32("headDim", spec().headDim());
      sinks(arguments)
          .pointer("header", batch().header())
          .pointer("combines", batch().outputCombines())
          .pointer("partials", binding().workspace().partials());
      return launch(
          "attention_combine", Dim3.of(persistentBlocks(blocks)), COMBINE_THREADS, 0, arguments);
    }
  }
}
