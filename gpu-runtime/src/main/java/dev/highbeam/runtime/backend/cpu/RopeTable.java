// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.RopeSpec;

/**
 * Cosines and sines of a rotary embedding for every position, taken in f64 and rounded once.
 * Immutable; layers with the same spec share one.
 */
final class RopeTable {

  private final int pairs;
  private final float[] cosines;
  private final float[] sines;

  RopeTable(RopeSpec rope, int positions, ThreadPool pool) {
    pairs = rope.rotaryDim() / 2;
    cosines = new float[Math.multiplyExact(positions, pairs)];
    sines = new float[cosines.length];
    pool.run(positions, (position, worker) -> fill(rope, position));
  }

  private void fill(RopeSpec rope, int position) {
    for (int pair = 0; pair < pairs; pair++) {
      double angle = rope.angle(position, pair);
      int place = position * pairs + pair;
      cosines[place] = (float) (StrictMath.cos(angle) * rope.amplitude());
      sines[place] = (float) (StrictMath.sin(angle) * rope.amplitude());
    }
  }

  /** Cosines [position][pairs], not to be changed. */
  float[] cosines() {
    return cosines;
  }

  /** Sines [position][pairs], not to be changed. */
  float[] sines() {
    return sines;
  }

  /** Rotates one head in place. */
  void rotate(float[] x, int offset, int position) {
    int angle = position * pairs;
    for (int i = 0; i < pairs; i++) {
      float first = x[offset + i];
      float second = x[offset + pairs + i];
      float cosine = cosines[angle + i];
      float sine = sines[angle + i];
      x[offset + i] = first * cosine - second * sine;
      x[offset + pairs + i] = second * cosine + first * sine;
    }
  }
}
