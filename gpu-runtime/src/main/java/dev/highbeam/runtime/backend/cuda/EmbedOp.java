// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.cuda.driver.Dim3;
import dev.highbeam.runtime.backend.cuda.driver.KernelArguments;
import dev.highbeam.runtime.backend.cuda.driver.Launch;

/** Copies embedding rows, and notes each token in the page that holds its keys and values. */
final class EmbedOp extends RowOp {

  private static final int THREADS = 128;

  private final Op.Embed op;
  private final CudaTable table;

  EmbedOp(Op.Embed op, Binding binding) {
    super(op.label(), binding, op.out());
    this.op = op;
    this.table = (CudaTable) op.table();
  }

  @Override
  Launch prepare(int tokens, int headBlock) {
    BatchPointers batch = binding().batch();
    KernelArguments arguments =
        KernelArguments.builder(binding().context())
            .pointer("out", pointer(op.out()))
            .int32("outType", TypeCodes.of(op.out().dtype()))
            .int64("outStride", DeviceBuffers.stride(op.out()))
            .pointer("table", table.pointer())
            .int32("tableType", TypeCodes.of(table.dtype()))
            .int64("tableStride", table.stride())
            .int32("width", table.width())
            .float32("scale", op.scale())
            .pointer("header", batch.header())
            .pointer("tokenIds", batch.tokenIds())
            .pointer("lastTokens", binding().state().lastTokens())
            .pointer("slotMapping", batch.slotMapping())
            .pointer("pageTokens", binding().state().pageTokens())
            .build();
    return new Launch(
        binding().kernels().function("embed"),
        Dim3.of(tokens),
        Dim3.of(THREADS),
        0,
        arguments,
        label());
  }
}
