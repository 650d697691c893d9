// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.PackedVector;
import dev.highbeam.runtime.backend.WeightSource;

/** A vector of parameters in f32, with the offset added. Immutable once packed. */
final class ParameterVector implements PackedVector {

  private final float[] values;

  private ParameterVector(float[] values) {
    this.values = values;
  }

  static ParameterVector pack(WeightSource source, float offset) {
    float[] values = new float[Math.toIntExact(source.elementCount())];
    source.read(0, values, 0, values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] += offset;
    }
    return new ParameterVector(values);
  }

  @Override
  public int length() {
    return values.length;
  }

  @Override
  public long bytes() {
    return 4L * values.length;
  }

  /** The values themselves, not to be changed. */
  float[] values() {
    return values;
  }
}
