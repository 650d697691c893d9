// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.Program;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;

/**
 * A program's activations, [rows, width padded to a multiple of 64] each, in one piece of memory.
 * The pads are zeroed once and never written, so that products may run over them.
 */
final class DeviceBuffers implements AutoCloseable {

  /** Where a buffer begins: what the device's widest loads and bulk copies want. */
  private static final long ALIGNMENT = 256;

  private final DeviceMemory memory;
  private final DevicePointer[] pointers;

  DeviceBuffers(CudaContext context, CudaStream stream, Program program, Capacity capacity) {
    memory = context.allocate(bytes(program, capacity), "activations");
    stream.fill(memory.pointer(), (byte) 0);
    pointers = new DevicePointer[program.buffers().size()];
    long offset = 0;
    for (Buffer buffer : program.buffers()) {
      long bytes = bytes(buffer, capacity);
      pointers[buffer.index()] = memory.slice(offset, bytes);
      offset += aligned(bytes);
    }
  }

  /** Bytes of all buffers with their pads. */
  static long bytes(Program program, Capacity capacity) {
    long bytes = 0;
    for (Buffer buffer : program.buffers()) {
      bytes += aligned(bytes(buffer, capacity));
    }
    // A program without buffers still gets a pointer.
    return Math.max(bytes, ALIGNMENT);
  }

  private static long bytes(Buffer buffer, Capacity capacity) {
    long rows =
        switch (buffer.rows()) {
          case TOKENS -> capacity.maxStepTokens();
          case LOGIT_ROWS -> capacity.headRows();
        };
    return rows * stride(buffer) * buffer.dtype().bytes();
  }

  private static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** Elements from one row of a buffer to the next. */
  static long stride(Buffer buffer) {
    return Strides.padded(buffer.width());
  }

  DevicePointer pointer(Buffer buffer) {
    return pointers[buffer.index()];
  }

  @Override
  public void close() {
    memory.close();
  }
}
