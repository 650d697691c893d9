// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import dev.highbeam.runtime.backend.cuda.driver.Launch;

/** Picks the tokens whose logits are wanted. */
final class GatherOp extends RowOp {

  private static final int THREADS = 128;

  private final Op.Gather op;

  GatherOp(Op.Gather op, Binding binding) {
    super(op.label(), binding, op.out());
    this.op = op;
  }

  @Override
  Launch prepare(int rows, int headBlock) {
    BatchPointers batch = binding().batch();
    KernelArguments arguments =
        KernelArguments.builder(binding().context())
            .pointer("out", pointer(op.out()))
            .int32("outType", TypeCodes.of(op.out().dtype()))
            .int64("outStride", DeviceBuffers.stride(op.out()))
            .pointer("in", pointer(op.in()))
            .int32("inType", TypeCodes.of(op.in().dtype()))
            .int64("inStride", DeviceBuffers.stride(op.in()))
            .int32("width", op.in().width())
            .pointer("header", batch.header())
            .int32("rowStart", start(headBlock))
            .pointer("logitRows", batch.logitRows())
            .build();
    return new Launch(
        binding().kernels().function("gather"),
        Dim3.of(rows),
        Dim3.of(THREADS),
        0,
        arguments,
        label());
  }
}
