// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.PackedTable;
import dev.highbeam.runtime.backend.WeightSource;
import dev.highbeam.runtime.backend.cuda.driver.DeviceMemory;
import dev.highbeam.runtime.backend.cuda.driver.DevicePointer;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An embedding table, [rowCount][stride] row by row with zeroed pads; read when the program is
 * compiled, always on the device.
 */
final class CudaTable implements PackedTable {

  private final WeightSource source;
  private final DType dtype;
  private final int rowCount;
  private final int width;
  private final int stride;
  private @Nullable DeviceMemory memory;

  CudaTable(WeightSource source, DType dtype) {
    long[] shape = source.shape();
    Checks.checkArgument(
        shape.length == 2,
        "%s must have rows and columns, has %s dimensions",
        source.name(),
        shape.length);
    this.source = source;
    this.dtype = dtype;
    this.rowCount = Math.toIntExact(shape[0]);
    this.width = Math.toIntExact(shape[1]);
    this.stride = Strides.padded(width);
  }

  @Override
  public int rowCount() {
    return rowCount;
  }

  @Override
  public int width() {
    return width;
  }

  @Override
  public long bytes() {
    return (long) rowCount * stride * dtype.bytes();
  }

  DType dtype() {
    return dtype;
  }

  /** Elements from one row to the next. */
  int stride() {
    return stride;
  }

  /** Reads the table onto the device, once. */
  void place(WeightUpload upload) {
    if (memory == null) {
      memory = upload.bytes(source.name(), bytes(), this::read);
    }
  }

  DevicePointer pointer() {
    DeviceMemory placed = memory;
    if (placed == null) {
      throw new IllegalStateException(source.name() + " was not placed");
    }
    return placed.pointer();
  }

  /** Elements from an offset on; pieces may begin and end within a row. */
  private void read(long offset, ByteBuffer target) {
    long element = offset / dtype.bytes();
    int left = target.remaining() / dtype.bytes();
    float[] values = new float[stride];
    while (left > 0) {
      int column = (int) (element % stride);
      int count = Math.min(left, stride - column);
      int given = Math.max(0, Math.min(count, width - column));
      if (given > 0) {
        source.read(element / stride * width + column, values, 0, given);
      }
      for (int i = 0; i < count; i++) {
        put(i < given ? values[i] : 0, target);
      }
      element += count;
      left -= count;
    }
  }

  private void put(float value, ByteBuffer target) {
    switch (dtype) {
      case F32 -> target.putFloat(value);
      case BF16 -> target.putShort(HalfFloats.floatToBf16(value));
      case F16 -> target.putShort(HalfFloats.floatToF16(value));
      case FP8_E4M3 -> throw new IllegalArgumentException("a table cannot be fp8");
    }
  }
}
