// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import dev.highbeam.runtime.backend.cuda.driver.Launch;

/** Rotates queries and keys and writes keys and values to their pages. */
final class RopeAppendOp extends RowOp {

  private static final int THREADS = 128;

  /** Keys and values are stored as they are; scales are for formats that need them. */
  private static final float NO_SCALE = 1;

  private final Op.RopeAppend op;

  RopeAppendOp(Op.RopeAppend op, Binding binding) {
    super(op.label(), binding, op.qkv());
    this.op = op;
  }

  @Override
  Launch prepare(int tokens, int headBlock) {
    BatchPointers batch = binding().batch();
    AttentionSpec spec = op.attention();
    KvPages pages = binding().kv(op.group());
    KernelArguments arguments =
        KernelArguments.builder(binding().context())
            .pointer("qkv", pointer(op.qkv()))
            .int32("qkvType", TypeCodes.of(op.qkv().dtype()))
            .int64("qkvStride", DeviceBuffers.stride(op.qkv()))
            .int32("queryHeads", spec.queryHeads())
            .int32("kvHeads", spec.kvHeads())
            .int32("headDim", spec.headDim())
            .int32("rotaryDim", op.rope().rotaryDim())
            .pointer("ropeTable", binding().ropes().table(op.rope()))
            .pointer("keys", pages.keys(op.layer()))
            .pointer("values", pages.values(op.layer()))
            .int32("kvType", TypeCodes.of(op.group().dtype()))
            .int64("pageStride", pages.pageStride())
            .int64("headStride", pages.headStride())
            .int64("tokenStride", pages.tokenStride())
            .int32("pageSize", pages.pageSize())
            .float32("keyScale", NO_SCALE)
            .float32("valueScale", NO_SCALE)
            .pointer("header", batch.header())
            .pointer("positions", batch.positions())
            .pointer("slotMapping", batch.slotMapping())
            .build();
    return new Launch(
        binding().kernels().function("rope_append"),
        Dim3.of(tokens),
        Dim3.of(THREADS),
        0,
        arguments,
        label());
  }
}
