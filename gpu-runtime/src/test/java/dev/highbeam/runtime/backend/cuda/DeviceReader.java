// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.Buffer;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.cuda.driver.CudaContext;
import dev.highbeam.runtime.backend.cuda.driver.CudaStream;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import dev.highbeam.runtime.backend.cuda.driver.PinnedMemory;
import java.nio.ByteBuffer;

/** Reads a program's activations from the device, without their pads. */
final class DeviceReader {

  private DeviceReader() {}

  static float[] read(CudaExecutable executable, Buffer buffer, int rowCount) {
    CudaContext context = executable.memory().context();
    DevicePointer source = executable.memory().buffers().pointer(buffer);
    int stride = Math.toIntExact(DeviceBuffers.stride(buffer));
    long bytes = (long) rowCount * stride * buffer.dtype().bytes();
    float[] values = new float[rowCount * buffer.width()];
    try (CudaStream stream = context.stream("read");
        PinnedMemory pinned = context.allocatePinned(bytes, "read", false)) {
      stream.copyToHost(pinned, source, bytes);
      stream.synchronize();
      ByteBuffer content = pinned.buffer();
      for (int i = 0; i < values.length; i++) {
        int at = i / buffer.width() * stride + i % buffer.width();
        values[i] = element(content, buffer, at);
      }
    }
    return values;
  }

  private static float element(ByteBuffer content, Buffer buffer, int at) {
    return switch (buffer.dtype()) {
      case F32 -> content.getFloat(4 * at);
      case BF16 -> HalfFloats.bf16ToFloat(content.getShort(2 * at));
      case F16 -> HalfFloats.f16ToFloat(content.getShort(2 * at));
      case FP8_E4M3 -> throw new IllegalArgumentException("no activations are fp8");
    };
  }
}
