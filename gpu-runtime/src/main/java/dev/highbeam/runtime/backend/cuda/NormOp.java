// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import dev.highbeam.runtime.backend.cuda.driver.Launch;

/** RMSNorm, one thread block per row. */
final class NormOp extends RowOp {

  private static final int THREADS = 256;

  private final Op.RmsNorm op;
  private final CudaVector weight;

  NormOp(Op.RmsNorm op, Binding binding) {
    super(op.label(), binding, op.out());
    this.op = op;
    this.weight = (CudaVector) op.weight();
  }

  @Override
  Launch prepare(int rows, int headBlock) {
    KernelArguments arguments =
        KernelArguments.builder(binding().context())
            .pointer("out", pointer(op.out()))
            .int32("outType", TypeCodes.of(op.out().dtype()))
            .int64("outStride", DeviceBuffers.stride(op.out()))
            .pointer("in", pointer(op.in()))
            .int32("inType", TypeCodes.of(op.in().dtype()))
            .int64("inStride", DeviceBuffers.stride(op.in()))
            .pointer("weight", weight.pointer())
            .int32("width", op.in().width())
            .float32("epsilon", op.epsilon())
            .pointer("count", count(headBlock))
            .int32("countStart", 0)
            .build();
    return new Launch(
        binding().kernels().function("rms_norm"),
        Dim3.of(rows),
        Dim3.of(THREADS),
        0,
        arguments,
        label());
  }
}
