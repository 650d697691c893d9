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

  /**
   * Attention of every token of one sequence over those before it, queries and keys rotated, keys
   * and values rounded to the cache's type.
   *
   * @param qkv [position][(queryHeads + 2 kvHeads) * headDim] before the rotation
   */
  static double[][] attention(AttentionSpec spec, RopeSpec rope, DType kvType, float[][] qkv) {
    int dim = spec.headDim();
    int groupSize = spec.queryHeads() / spec.kvHeads();
    int keyBegin = spec.queryHeads() * dim;
    int valueBegin = keyBegin + spec.kvHeads() * dim;
    double[][] rotated = new double[qkv.length][];
    double[][] cached = new double[qkv.length][];
    for (int p = 0; p < qkv.length; p++) {
      rotated[p] = rotated(spec, rope, p, qkv[p]);
      cached[p] = roundedTo(kvType, rotated[p]);
    }
    double[][] out = new double[qkv.length][keyBegin];
    for (int p = 0; p < qkv.length; p++) {
      int first = spec.window() == 0 ? 0 : Math.max(0, p + 1 - spec.window());
      for (int head = 0; head < spec.queryHeads(); head++) {
        int kvOffset = head / groupSize * dim;
        double[] weights = new double[p + 1];
        double total = Math.exp(spec.sink(head));
        for (int j = first; j <= p; j++) {
          double score = 0;
          for (int d = 0; d < dim; d++) {
            score += rotated[p][head * dim + d] * cached[j][keyBegin + kvOffset + d];
          }
          score *= spec.scale();
          double cap = spec.softCap();
          weights[j] = Math.exp(cap == 0 ? score : cap * Math.tanh(score / cap));
          total += weights[j];
        }
        for (int j = first; j <= p; j++) {
          for (int d = 0; d < dim; d++) {
            out[p][head * dim + d] += weights[j] / total * cached[j][valueBegin + kvOffset + d];
          }
        }
      }
    }
    return out;
  }

  /** One token's qkv with queries and keys rotated by its position. */
  static double[] rotated(AttentionSpec spec, RopeSpec rope, int position, float[] qkv) {
    double[] out = new double[qkv.length];
    for (int i = 0; i < qkv.length; i++) {
      out[i] = qkv[i];
    }
    int half = rope.rotaryDim() / 2;
    for (int head = 0; head < spec.queryHeads() + spec.kvHeads(); head++) {
      for (int i = 0; i < half; i++) {
        int a = head * spec.headDim() + i;
        int b = a + half;
        double cos = Math.cos(rope.angle(position, i)) * rope.amplitude();
        double sin = Math.sin(rope.angle(position, i)) * rope.amplitude();
        out[a] = qkv[a] * cos - qkv[b] * sin;
        out[b] = qkv[b] * cos + qkv[a] * sin;
      }
    }
    return out;
  }

  private static double[] roundedTo(DType dtype, double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      narrow[i] = (float) values[i];
    }
    float[] rounded = rounded(narrow, dtype);
    double[] out = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      out[i] = dtype == DType.F32 ? values[i] : rounded[i];
    }
    return out;
  }
}
