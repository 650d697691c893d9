// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.WeightSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * A tensor of any size whose elements repeat a short random piece: quick to make, for benchmarks.
 */
record CyclicWeights(String name, float scale, long... shape) implements WeightSource {

  /** Odd, so that rows of usual widths differ. */
  private static final int PERIOD = 1_000_003;

  private static final float[] PIECE = piece();

  private static float[] piece() {
    SplittableRandom random = new SplittableRandom(1);
    float[] values = new float[PERIOD];
    for (int i = 0; i < PERIOD; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1);
    }
    return values;
  }

  @Override
  public DType dtype() {
    return DType.BF16;
  }

  @Override
  public void read(long offset, float[] target, int targetOffset, int count) {
    int place = (int) ((offset + 7919L * name.hashCode() & Long.MAX_VALUE) % PERIOD);
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = HalfFloats.roundToBf16(PIECE[place] * scale);
      place = place + 1 == PERIOD ? 0 : place + 1;
    }
  }

  @Override
  public ByteBuffer bytes(long offset, int count) {
    float[] values = new float[count];
    read(offset, values, 0, count);
    ByteBuffer bytes = ByteBuffer.allocate(2 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putShort(HalfFloats.floatToBf16(value));
    }
    return bytes.flip();
  }
}
