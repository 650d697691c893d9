// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.Op;
import dev.highbeam.runtime.backend.Program;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The activations of a program in native memory. What linears read lies in tiles. */
final class TileBuffers {

  private final TileLayout[] layouts;
  private final long[] addresses;
  private final long[] matrices;

  TileBuffers(Program program, Capacity capacity, NativeMemory memory) {
    List<Buffer> buffers = program.buffers();
    layouts = layouts(program);
    addresses = new long[buffers.size()];
    matrices = new long[buffers.size()];
    for (Buffer buffer : buffers) {
      int i = buffer.index();
      addresses[i] = memory.take(layouts[i].bytes(rows(buffer, capacity), buffer.width()));
      int stride = TileLayout.stride(TileLayout.steps(buffer.width()));
      long matrix =
          TileKernels.newMatrix(addresses[i], layouts[i].number(), buffer.width(), stride);
      matrices[i] = matrix;
      memory.atEnd(() -> TileKernels.freeMatrix(matrix));
    }
  }

  /** How each buffer lies, by its index. */
  static TileLayout[] layouts(Program program) {
    Set<Integer> operands = new HashSet<>();
    for (List<Op> ops : List.of(program.body(), program.head())) {
      for (Op op : ops) {
        if (op instanceof Op.Linear linear) {
          operands.add(linear.in().index());
        }
      }
    }
    return program.buffers().stream()
        .map(
            buffer ->
                buffer.dtype() != DType.BF16
                    ? TileLayout.F32_ROWS
                    : operands.contains(buffer.index())
                        ? TileLayout.BF16_TILES
                        : TileLayout.BF16_ROWS)
        .toArray(TileLayout[]::new);
  }

  /** Bytes of all buffers. */
  static long bytes(Program program, Capacity capacity) {
    TileLayout[] layouts = layouts(program);
    long bytes = 0;
    for (Buffer buffer : program.buffers()) {
      bytes += layouts[buffer.index()].bytes(rows(buffer, capacity), buffer.width());
    }
    return bytes;
  }

  private static int rows(Buffer buffer, Capacity capacity) {
    return switch (buffer.rows()) {
      case TOKENS -> capacity.maxStepTokens();
      case LOGIT_ROWS -> capacity.headRows();
    };
  }

  long address(Buffer buffer) {
    return addresses[buffer.index()];
  }

  /** What the kernels know it by. */
  long matrix(Buffer buffer) {
    return matrices[buffer.index()];
  }

  /** The first rows of a buffer as f32; for tests. */
  float[] contents(Buffer buffer, int rowCount) {
    TileLayout layout = layouts[buffer.index()];
    int width = buffer.width();
    ByteBuffer view = NativeMemory.view(address(buffer), layout.bytes(rowCount, width));
    float[] values = new float[rowCount * width];
    for (int i = 0; i < values.length; i++) {
      int place = (int) layout.offset(i / width, i % width, width);
      values[i] =
          layout == TileLayout.F32_ROWS
              ? view.getFloat(place)
              : HalfFloats.bf16ToFloat(view.getShort(place));
    }
    return values;
  }
}
