// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

/** The ops once more in f64, straight from their formulas: what the contract expects. */
final class Expected {

  private Expected() {}

  /** The nearest values that a type can hold. */
  static float[] rounded(float[] values, DType dtype) {
    return InMemoryWeights.of("rounded", dtype, values, values.length).values();
  }

  /** epilogue(in W^T + b) with the given residual for ADD. */
  static double[] linear(LinearSpec spec, float[] in, int rows, float[] residual) {
    int width = spec.inputWidth();
    int sumWidth = spec.rowCount();
    int outWidth = spec.outputWidth();
    double[] out = new double[rows * outWidth];
    for (int r = 0; r < rows; r++) {
      double[] sums = new double[sumWidth];
      int n = 0;
      for (int m = 0; m < spec.members().size(); m++) {
        float[] weights = ((InMemoryWeights) spec.members().get(m)).values();
        WeightSource bias = spec.biases().get(m);
        float[] biases =
            bias == null ? new float[weights.length / width] : ((InMemoryWeights) bias).values();
        for (int row = 0; row < biases.length; row++, n++) {
          sums[n] = biases[row];
          for (int k = 0; k < width; k++) {
            sums[n] += (double) weights[row * width + k] * in[r * width + k];
          }
        }
      }
      for (int o = 0; o < outWidth; o++) {
        out[r * outWidth + o] =
            switch (spec.epilogue()) {
              case STORE -> sums[o];
              case ADD -> residual[r * outWidth + o] + sums[o];
              case GATED_SILU -> sums[o] / (1 + Math.exp(-sums[o])) * sums[o + outWidth];
              case GATED_GELU_TANH -> geluTanh(sums[o]) * sums[o + outWidth];
            };
      }
    }
    return out;
  }

  private static double geluTanh(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  /** in / sqrt(mean(in^2) + epsilon) * (weight + offset). */
  static double[] rmsNorm(float[] in, float[] weight, float offset, float epsilon) {
    int width = weight.length;
    double[] out = new double[in.length];
    for (int begin = 0; begin < in.length; begin += width) {
      double squares = 0;
      for (int i = 0; i < width; i++) {
        squares += (double) in[begin + i] * in[begin + i];
      }
      for (int i = 0; i < width; i++) {
        out[begin + i] =
            in[begin + i] / Math.sqrt(squares / width + epsilon) * ((double) weight[i] + offset);
      }
    }
    return out;
  }
}
