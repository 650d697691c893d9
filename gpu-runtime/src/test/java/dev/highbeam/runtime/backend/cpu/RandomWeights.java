// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.WeightSource;
import java.nio.ByteBuffer;
import java.util.Objects;

/** A tensor of uniform values in [-scale, scale), each a function of the seed and its place. */
record RandomWeights(String name, DType dtype, long[] shape, long seed, float scale)
    implements WeightSource {

  /** A bf16 or f32 matrix or vector whose products keep the size of their input. */
  static RandomWeights of(String name, DType dtype, long... shape) {
    double fanIn = shape[shape.length - 1];
    float scale = shape.length == 1 ? 0.5f : (float) Math.sqrt(3 / fanIn);
    return new RandomWeights(name, dtype, shape, name.hashCode(), scale);
  }

  @Override
  public void read(long offset, float[] target, int targetOffset, int count) {
    Objects.checkFromIndexSize(offset, count, elementCount());
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = at(offset + i);
    }
  }

  @Override
  public ByteBuffer bytes(long offset, int count) {
    throw new UnsupportedOperationException("made of numbers, not of bytes");
  }

  private float at(long place) {
    // SplitMix64's finalizer.
    long z = (place + 1) * 0x9e3779b97f4a7c15L + seed;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    float value = ((z ^ (z >>> 31)) >> 40) * 0x1p-23f * scale;
    return dtype == DType.BF16 ? HalfFloats.roundToBf16(value) : value;
  }
}
