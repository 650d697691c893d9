// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.reference;

import dev.highbeam.runtime.backend.Epilogue;

/** The ops that turn one row into one row: norm and linear, in f32, sums in ascending order. */
final class RowOps {

  private RowOps() {}

  /** out = in / sqrt(mean(in^2) + epsilon) * weight. */
  static void rmsNorm(
      float[] out, int outOffset, float[] in, int inOffset, float[] weight, float epsilon) {
    float squares = 0;
    for (int i = 0; i < weight.length; i++) {
      squares += in[inOffset + i] * in[inOffset + i];
    }
    float inverse = (float) (1 / Math.sqrt(squares / weight.length + epsilon));
    for (int i = 0; i < weight.length; i++) {
      out[outOffset + i] = in[inOffset + i] * inverse * weight[i];
    }
  }

  /** out = epilogue(W in + b); a gate's two halves are rows n and n + outputWidth. */
  static void linear(float[] out, int outOffset, float[] in, int inOffset, Matrix matrix) {
    int width = matrix.spec().outputWidth();
    Epilogue epilogue = matrix.spec().epilogue();
    for (int n = 0; n < width; n++) {
      float sum = dot(in, inOffset, matrix.rows()[n]) + matrix.bias()[n];
      switch (epilogue) {
        case STORE -> out[outOffset + n] = sum;
        case ADD -> out[outOffset + n] += sum;
        case GATED_SILU -> out[outOffset + n] = silu(sum) * up(in, inOffset, matrix, n + width);
        case GATED_GELU_TANH ->
            out[outOffset + n] = geluTanh(sum) * up(in, inOffset, matrix, n + width);
      }
    }
  }

  private static float up(float[] in, int inOffset, Matrix matrix, int row) {
    return dot(in, inOffset, matrix.rows()[row]) + matrix.bias()[row];
  }

  private static float dot(float[] in, int inOffset, float[] row) {
    float sum = 0;
    for (int k = 0; k < row.length; k++) {
      sum += in[inOffset + k] * row[k];
    }
    return sum;
  }

  private static float silu(float x) {
    return (float) (x / (1 + StrictMath.exp(-x)));
  }

  private static float geluTanh(float x) {
    double inner = StrictMath.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
    return (float) (0.5 * x * (1 + StrictMath.tanh(inner)));
  }
}
