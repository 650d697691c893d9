// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A tensor of the self-test: a hash of seed and index, as a multiple of 2^-k between -64 and 63 of
 * them. Seven bits fit every type of weights, so packing rounds nothing, and one list of expected
 * numbers serves all types.
 */
final class SelfTestWeights implements WeightSource {

  private static final int HALF_RANGE = 64;

  private final String name;
  private final long[] shape;
  private final ByteBuffer data;

  /**
   * A tensor.
   *
   * @param seed numbers of different tensors differ by it
   * @param step distance of neighbouring values; a power of two
   */
  SelfTestWeights(String name, long seed, float step, long... shape) {
    this.name = name;
    this.shape = shape.clone();
    int count = Math.toIntExact(elementCount());
    data = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      long bits = mix(seed * 0x9E3779B97F4A7C15L + i);
      data.putFloat(((int) (bits >>> 57) - HALF_RANGE) * step);
    }
  }

  /** The finaliser of SplitMix64 (Steele, Lea and Flood, 2014). */
  static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public void read(long offset, float[] target, int targetOffset, int count) {
    Objects.checkFromIndexSize(offset, (long) count, elementCount());
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = data.getFloat((int) (offset + i) * Float.BYTES);
    }
  }

  @Override
  public ByteBuffer bytes(long offset, int count) {
    Objects.checkFromIndexSize(offset, (long) count, elementCount());
    return data.asReadOnlyBuffer()
        .position((int) offset * Float.BYTES)
        .limit((int) (offset + count) * Float.BYTES)
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
