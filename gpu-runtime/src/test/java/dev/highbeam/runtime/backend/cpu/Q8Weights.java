// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.LinearSpec;
import dev.highbeam.runtime.backend.WeightSource;
import java.nio.ByteBuffer;

/**
 * A matrix as GGUF's Q8_0 keeps it: blocks of 32 elements of a row, each a signed byte times one
 * float16 scale, the greatest magnitude over 127 (the GGUF specification and ggml's quants).
 */
record Q8Weights(WeightSource exact) implements WeightSource {

  private static final int BLOCK = 32;

  static LinearSpec of(LinearSpec spec) {
    return new LinearSpec(
        spec.name(),
        spec.members().stream().<WeightSource>map(Q8Weights::new).toList(),
        spec.biases(),
        spec.epilogue(),
        spec.layer());
  }

  @Override
  public String name() {
    return exact.name();
  }

  @Override
  public DType dtype() {
    return DType.F32;
  }

  @Override
  public long[] shape() {
    return exact.shape();
  }

  @Override
  public void read(long offset, float[] target, int targetOffset, int count) {
    exact.read(offset, target, targetOffset, count);
    int width = Math.toIntExact(shape()[shape().length - 1]);
    if (offset % width != 0 || count % width != 0) {
      throw new IllegalArgumentException("whole rows alone can be rounded");
    }
    for (int row = 0; row < count; row += width) {
      for (int begin = 0; begin < width; begin += BLOCK) {
        round(target, targetOffset + row + begin, Math.min(BLOCK, width - begin));
      }
    }
  }

  private static void round(float[] values, int begin, int count) {
    float greatest = 0;
    for (int i = begin; i < begin + count; i++) {
      greatest = Math.max(greatest, Math.abs(values[i]));
    }
    float scale = greatest / 127;
    float stored = HalfFloats.f16ToFloat(HalfFloats.floatToF16(scale));
    for (int i = begin; i < begin + count; i++) {
      values[i] = scale == 0 ? 0 : Math.round(values[i] / scale) * stored;
    }
  }

  @Override
  public ByteBuffer bytes(long offset, int count) {
    throw new UnsupportedOperationException("made when it is read");
  }
}
