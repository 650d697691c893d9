// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Product} over f32 weights. Sums stay in registers over the whole depth; each row is
 * written out by hand, because the compiler keeps vectors in registers only as plain local
 * variables.
 */
final class SimdProducts {

  private static final VectorSpecies<Float> FLOATS = SimdMath.FLOATS;
  private static final int HALF = Product.HALF;

  private SimdProducts() {}

  /** Rows rounded up to 1, 4 or 8, columns in pairs of vectors. */
  static void multiply(Product p) {
    for (int column = 0; column < HALF; column += SimdMath.WIDTH) {
      if (p.rows == 1) {
        multiply1(p, column);
      } else if (p.rows <= 4) {
        multiply4(p, 0, column);
      } else if (SimdMath.WIDTH == HALF) {
        multiply8(p, column);
      } else {
        // Narrow vectors come with 16 registers: 8 sums, 2 weights and a factor fit.
        multiply4(p, 0, column);
        multiply4(p, 4, column);
      }
    }
  }

  private static void multiply8(Product p, int column) {
    float[] x = p.x;
    float[] w = p.weights;
    float[] sums = p.sums;
    int xs = p.xStride;
    int ss = p.sumStride;
    int from = p.xOffset;
    int to = p.sumOffset + column;
    FloatVector a0 = load(sums, to);
    FloatVector b0 = load(sums, to + HALF);
    FloatVector a1 = load(sums, to + ss);
    FloatVector b1 = load(sums, to + ss + HALF);
    FloatVector a2 = load(sums, to + 2 * ss);
    FloatVector b2 = load(sums, to + 2 * ss + HALF);
    FloatVector a3 = load(sums, to + 3 * ss);
    FloatVector b3 = load(sums, to + 3 * ss + HALF);
    FloatVector a4 = load(sums, to + 4 * ss);
    FloatVector b4 = load(sums, to + 4 * ss + HALF);
    FloatVector a5 = load(sums, to + 5 * ss);
    FloatVector b5 = load(sums, to + 5 * ss + HALF);
    FloatVector a6 = load(sums, to + 6 * ss);
    FloatVector b6 = load(sums, to + 6 * ss + HALF);
    FloatVector a7 = load(sums, to + 7 * ss);
    FloatVector b7 = load(sums, to + 7 * ss + HALF);
    int weight = p.weightOffset + column;
    int ws = p.weightStride;
    for (int k = 0; k < p.depth; k++) {
      FloatVector lo = load(w, weight + k * ws);
      FloatVector hi = load(w, weight + k * ws + HALF);
      FloatVector f = FloatVector.broadcast(FLOATS, x[from + k]);
      a0 = f.fma(lo, a0);
      b0 = f.fma(hi, b0);
      f = FloatVector.broadcast(FLOATS, x[from + xs + k]);
      a1 = f.fma(lo, a1);
      b1 = f.fma(hi, b1);
      f = FloatVector.broadcast(FLOATS, x[from + 2 * xs + k]);
      a2 = f.fma(lo, a2);
      b2 = f.fma(hi, b2);
      f = FloatVector.broadcast(FLOATS, x[from + 3 * xs + k]);
      a3 = f.fma(lo, a3);
      b3 = f.fma(hi, b3);
      f = FloatVector.broadcast(FLOATS, x[from + 4 * xs + k]);
      a4 = f.fma(lo, a4);
      b4 = f.fma(hi, b4);
      f = FloatVector.broadcast(FLOATS, x[from + 5 * xs + k]);
      a5 = f.fma(lo, a5);
      b5 = f.fma(hi, b5);
      f = FloatVector.broadcast(FLOATS, x[from + 6 * xs + k]);
      a6 = f.fma(lo, a6);
      b6 = f.fma(hi, b6);
      f = FloatVector.broadcast(FLOATS, x[from + 7 * xs + k]);
      a7 = f.fma(lo, a7);
      b7 = f.fma(hi, b7);
    }
    a0.intoArray(sums, to);
    b0.intoArray(sums, to + HALF);
    a1.intoArray(sums, to + ss);
    b1.intoArray(sums, to + ss + HALF);
    a2.intoArray(sums, to + 2 * ss);
    b2.intoArray(sums, to + 2 * ss + HALF);
    a3.intoArray(sums, to + 3 * ss);
    b3.intoArray(sums, to + 3 * ss + HALF);
    a4.intoArray(sums, to + 4 * ss);
    b4.intoArray(sums, to + 4 * ss + HALF);
    a5.intoArray(sums, to + 5 * ss);
    b5.intoArray(sums, to + 5 * ss + HALF);
    a6.intoArray(sums, to + 6 * ss);
    b6.intoArray(sums, to + 6 * ss + HALF);
    a7.intoArray(sums, to + 7 * ss);
    b7.intoArray(sums, to + 7 * ss + HALF);
  }

  private static void multiply4(Product p, int firstRow, int column) {
    float[] x = p.x;
    float[] w = p.weights;
    float[] sums = p.sums;
    int xs = p.xStride;
    int ss = p.sumStride;
    int from = p.xOffset + firstRow * xs;
    int to = p.sumOffset + firstRow * ss + column;
    FloatVector a0 = load(sums, to);
    FloatVector b0 = load(sums, to + HALF);
    FloatVector a1 = load(sums, to + ss);
    FloatVector b1 = load(sums, to + ss + HALF);
    FloatVector a2 = load(sums, to + 2 * ss);
    FloatVector b2 = load(sums, to + 2 * ss + HALF);
    FloatVector a3 = load(sums, to + 3 * ss);
    FloatVector b3 = load(sums, to + 3 * ss + HALF);
    int weight = p.weightOffset + column;
    int ws = p.weightStride;
    for (int k = 0; k < p.depth; k++) {
      FloatVector lo = load(w, weight + k * ws);
      FloatVector hi = load(w, weight + k * ws + HALF);
      FloatVector f = FloatVector.broadcast(FLOATS, x[from + k]);
      a0 = f.fma(lo, a0);
      b0 = f.fma(hi, b0);
      f = FloatVector.broadcast(FLOATS, x[from + xs + k]);
      a1 = f.fma(lo, a1);
      b1 = f.fma(hi, b1);
      f = FloatVector.broadcast(FLOATS, x[from + 2 * xs + k]);
      a2 = f.fma(lo, a2);
      b2 = f.fma(hi, b2);
      f = FloatVector.broadcast(FLOATS, x[from + 3 * xs + k]);
      a3 = f.fma(lo, a3);
      b3 = f.fma(hi, b3);
    }
    a0.intoArray(sums, to);
    b0.intoArray(sums, to + HALF);
    a1.intoArray(sums, to + ss);
    b1.intoArray(sums, to + ss + HALF);
    a2.intoArray(sums, to + 2 * ss);
    b2.intoArray(sums, to + 2 * ss + HALF);
    a3.intoArray(sums, to + 3 * ss);
    b3.intoArray(sums, to + 3 * ss + HALF);
  }

  private static void multiply1(Product p, int column) {
    float[] x = p.x;
    float[] w = p.weights;
    float[] sums = p.sums;
    int from = p.xOffset;
    int to = p.sumOffset + column;
    FloatVector a0 = load(sums, to);
    FloatVector b0 = load(sums, to + HALF);
    int weight = p.weightOffset + column;
    int ws = p.weightStride;
    for (int k = 0; k < p.depth; k++) {
      FloatVector lo = load(w, weight + k * ws);
      FloatVector hi = load(w, weight + k * ws + HALF);
      FloatVector f = FloatVector.broadcast(FLOATS, x[from + k]);
      a0 = f.fma(lo, a0);
      b0 = f.fma(hi, b0);
    }
    a0.intoArray(sums, to);
    b0.intoArray(sums, to + HALF);
  }

  private static FloatVector load(float[] array, int offset) {
    return FloatVector.fromArray(FLOATS, array, offset);
  }
}
