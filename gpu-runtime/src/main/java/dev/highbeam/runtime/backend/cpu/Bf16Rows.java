// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.HalfFloats;
import java.nio.ByteBuffer;
import java.nio.ShortBuffer;

/** Rows of bf16 in native memory. */
final class Bf16Rows {

  private Bf16Rows() {}

  /** Rounds all values into the view. */
  static void write(float[] values, ByteBuffer view) {
    short[] halves = new short[values.length];
    for (int i = 0; i < values.length; i++) {
      halves[i] = HalfFloats.floatToBf16(values[i]);
    }
    ShortBuffer target = view.asShortBuffer();
    target.put(halves);
  }
}
