// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import java.util.SplittableRandom;

/** A tensor in memory, for tests: given values, or seeded random ones, rounded to its type. */
public final class InMemoryWeights implements WeightSource {

  private final String name;
  private final DType dtype;
  private final long[] shape;
  private final ByteBuffer data;

  private InMemoryWeights(String name, DType dtype, long[] shape, float[] values) {
    this.name = name;
    this.dtype = dtype;
    this.shape = shape.clone();
    this.data = ByteBuffer.allocate(values.length * dtype.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (dtype) {
        case F32 -> data.putFloat(value);
        case BF16 -> data.putShort(HalfFloats.floatToBf16(value));
        case F16 -> data.putShort(HalfFloats.floatToF16(value));
        case FP8_E4M3 -> data.put(Float8.fromFloat(value));
      }
    }
  }

  /** The given values, rounded to the type. */
  public static InMemoryWeights of(String name, DType dtype, float[] values, long... shape) {
    InMemoryWeights weights = new InMemoryWeights(name, dtype, shape, values);
    if (weights.elementCount() != values.length) {
      throw new IllegalArgumentException(name + " has " + values.length + " values");
    }
    return weights;
  }

  /** Uniform values in [-scale, scale), the same for the same seed. */
  public static InMemoryWeights random(
      String name, DType dtype, long seed, float scale, long... shape) {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    return of(name, dtype, uniform(seed, scale, Math.toIntExact(count)), shape);
  }

  /** Uniform values in [-scale, scale), the same for the same seed. */
  public static float[] uniform(long seed, float scale, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1) * scale;
    }
    return values;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return dtype;
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public void read(long offset, float[] target, int targetOffset, int count) {
    Objects.checkFromIndexSize(offset, (long) count, elementCount());
    for (int i = 0; i < count; i++) {
      int at = (int) (offset + i) * dtype.bytes();
      target[targetOffset + i] =
          switch (dtype) {
            case F32 -> data.getFloat(at);
            case BF16 -> HalfFloats.bf16ToFloat(data.getShort(at));
            case F16 -> HalfFloats.f16ToFloat(data.getShort(at));
            case FP8_E4M3 -> Float8.toFloat(data.get(at));
          };
    }
  }

  /** All values, as f32. */
  public float[] values() {
    float[] values = new float[(int) elementCount()];
    read(0, values, 0, values.length);
    return values;
  }

  @Override
  public ByteBuffer bytes(long offset, int count) {
    Objects.checkFromIndexSize(offset, (long) count, elementCount());
    return data.asReadOnlyBuffer()
        .position((int) offset * dtype.bytes())
        .limit((int) (offset + count) * dtype.bytes())
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
