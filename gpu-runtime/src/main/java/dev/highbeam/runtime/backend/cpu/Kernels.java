// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Epilogue;

/**
 * The loops that decide the speed, as pure functions over arrays. Every implementation gives the
 * same bits: each result is a chain of operations whose order is written down here, in terms of 16
 * lanes at most, whatever the machine has. Loops that javac's plain form already leaves to the
 * compiler's own vectors (scaling by a norm's weight, rotation) are not here.
 */
interface Kernels {

  /** Lanes in which sums over a row are kept: element i belongs to lane i mod 16. */
  int LANES = 16;

  /** What computes, for people. */
  String describe();

  /** The block product over f32 weights. */
  void multiply(Product product);

  /** The block product over bf16 weights. */
  void multiplyBf16(Product product);

  /**
   * Sum of squares in 16 lanes by fused multiply-add, then {@link #tree}.
   *
   * @param lanes scratch [16]
   */
  float sumOfSquares(float[] x, int offset, int count, float[] lanes);

  /**
   * In place on rows [32] of sums: the first half becomes activation(first) * second.
   *
   * @param epilogue one of the gated ones
   */
  void gate(float[] sums, int rows, Epilogue epilogue);

  /** Rounds to the nearest bf16, in place. */
  void roundToBf16(float[] x, int offset, int count);

  /** Copies strips of bf16 as f32. */
  void widen(short[] source, float[] target, Strips strips);

  /** Copies strips. */
  void copy(float[] source, float[] target, Strips strips);

  /** x = cap * tanh(x / cap) in place; count is a multiple of 16. */
  void softCap(float[] x, int offset, int count, float cap);

  /** The greatest element; count is a multiple of 16. */
  float max(float[] x, int offset, int count);

  /**
   * x = e^(x - max) in place; returns the sum in 16 lanes. Count is a multiple of 16.
   *
   * @param lanes scratch [16]
   */
  float exponentials(float[] x, int offset, int count, float max, float[] lanes);

  /** Adds 16 lanes: halves onto each other until one is left. Destroys the lanes. */
  static float tree(float[] lanes) {
    for (int width = LANES / 2; width > 0; width /= 2) {
      for (int i = 0; i < width; i++) {
        lanes[i] += lanes[i + width];
      }
    }
    return lanes[0];
  }
}
