// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.PackedVector;
import dev.highbeam.runtime.backend.WeightSource;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import org.jspecify.annotations.Nullable;

/** A norm's weights as f32; read when the program is compiled, always on the device. */
final class CudaVector implements PackedVector {

  private final WeightSource source;
  private final float offset;
  private final int length;
  private @Nullable DeviceMemory memory;

  CudaVector(WeightSource source, float offset) {
    this.source = source;
    this.offset = offset;
    this.length = Math.toIntExact(source.elementCount());
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public long bytes() {
    return (long) length * Float.BYTES;
  }

  /** Reads the vector onto the device, once. */
  void place(WeightUpload upload) {
    if (memory != null) {
      return;
    }
    float[] values = new float[length];
    source.read(0, values, 0, length);
    for (int i = 0; i < length; i++) {
      values[i] += offset;
    }
    memory = upload.vector(source.name(), values);
  }

  DevicePointer pointer() {
    DeviceMemory placed = memory;
    if (placed == null) {
      throw new IllegalStateException(source.name() + " was not placed");
    }
    return placed.pointer();
  }
}
