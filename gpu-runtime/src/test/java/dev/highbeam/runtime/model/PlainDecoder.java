// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import dev.highbeam.runtime.backend.Epilogue;
import dev.highbeam.runtime.backend.WeightSource;

/**
 * The forward pass once more, written down straight from the papers: f64, one text at a time, no
 * program, no cache, no batch. It shares with the recorded program only the configuration and the
 * reading of tensors.
 */
final class PlainDecoder {

  private final Checkpoint weights;
  private final ModelConfig config;

  PlainDecoder(Checkpoint weights, ModelConfig config) {
    this.weights = weights;
    this.config = config;
  }

  /** ln p of each token but the first. */
  double[] logprobs(int[] tokens) {
    int hidden = config.hiddenSize();
    double[][] table = matrix("model.embed_tokens", config.vocabularySize(), hidden);
    double[][] x = new double[tokens.length][];
    for (int t = 0; t < tokens.length; t++) {
      x[t] = table[tokens[t]].clone();
    }
    for (int layer = 0; layer < config.layerCount(); layer++) {
      String name = "model.layers." + layer + ".";
      add(x, attention(norm(x, name + "input_layernorm"), name + "self_attn.", layer));
      add(x, feedForward(norm(x, name + "post_attention_layernorm"), name + "mlp."));
    }
    double[][] normed = norm(x, "model.norm");
    double[][] head =
        config.tiedEmbeddings() ? table : matrix("lm_head", config.vocabularySize(), hidden);
    double[] logprobs = new double[tokens.length - 1];
    for (int t = 0; t < logprobs.length; t++) {
      double sum = 0;
      for (double[] row : head) {
        sum += Math.exp(dot(row, normed[t]));
      }
      logprobs[t] = dot(head[tokens[t + 1]], normed[t]) - Math.log(sum);
    }
    return logprobs;
  }

  private double[][] attention(double[][] x, String name, int layer) {
    int dim = config.attention().headDim();
    int heads = config.attention().queryHeads();
    int groupSize = heads / config.attention().kvHeads();
    boolean bias = config.biases().qkv();
    double[][] q = rotate(linear(x, name + "q_proj", config.queryWidth(), bias), dim);
    double[][] k = rotate(linear(x, name + "k_proj", config.kvWidth(), bias), dim);
    double[][] v = linear(x, name + "v_proj", config.kvWidth(), bias);
    int window = config.windows().get(layer);
    double[][] out = new double[x.length][config.queryWidth()];
    for (int t = 0; t < x.length; t++) {
      for (int h = 0; h < heads; h++) {
        int kv = h / groupSize * dim;
        double total = 0;
        for (int s = 0; s <= t; s++) {
          if (window > 0 && t - s >= window) {
            continue;
          }
          double score = 0;
          for (int i = 0; i < dim; i++) {
            score += q[t][h * dim + i] * k[s][kv + i];
          }
          double weight = Math.exp(score / Math.sqrt(dim));
          total += weight;
          for (int i = 0; i < dim; i++) {
            out[t][h * dim + i] += weight * v[s][kv + i];
          }
        }
        for (int i = 0; i < dim; i++) {
          out[t][h * dim + i] /= total;
        }
      }
    }
    return linear(out, name + "o_proj", config.hiddenSize(), config.biases().attentionOutput());
  }

  private double[][] feedForward(double[][] x, String name) {
    boolean bias = config.biases().mlp();
    double[][] gate = linear(x, name + "gate_proj", config.intermediateSize(), bias);
    double[][] up = linear(x, name + "up_proj", config.intermediateSize(), bias);
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < gate[t].length; i++) {
        double g = gate[t][i];
        double activated =
            config.activation() == Epilogue.GATED_SILU
                ? g / (1 + Math.exp(-g))
                : 0.5 * g * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (g + 0.044715 * g * g * g)));
        up[t][i] *= activated;
      }
    }
    return linear(up, name + "down_proj", config.hiddenSize(), bias);
  }

  /** Element i of a head turns with element i + dim / 2. */
  private double[][] rotate(double[][] rows, int dim) {
    for (int t = 0; t < rows.length; t++) {
      for (int begin = 0; begin < rows[t].length; begin += dim) {
        for (int i = 0; i < dim / 2; i++) {
          double angle = t * (double) config.rope().inverseFrequencies()[i];
          double a = rows[t][begin + i];
          double b = rows[t][begin + i + dim / 2];
          rows[t][begin + i] = a * Math.cos(angle) - b * Math.sin(angle);
          rows[t][begin + i + dim / 2] = b * Math.cos(angle) + a * Math.sin(angle);
        }
      }
    }
    return rows;
  }

  private double[][] norm(double[][] x, String name) {
    double[] weight = vector(name + ".weight", config.hiddenSize());
    double[][] out = new double[x.length][weight.length];
    for (int t = 0; t < x.length; t++) {
      double scale = 1 / Math.sqrt(dot(x[t], x[t]) / weight.length + config.normEpsilon());
      for (int i = 0; i < weight.length; i++) {
        out[t][i] = x[t][i] * scale * weight[i];
      }
    }
    return out;
  }

  private double[][] linear(double[][] x, String name, int rows, boolean bias) {
    double[][] weight = matrix(name, rows, x[0].length);
    double[] offsets = bias ? vector(name + ".bias", rows) : new double[rows];
    double[][] out = new double[x.length][rows];
    for (int t = 0; t < x.length; t++) {
      for (int n = 0; n < rows; n++) {
        out[t][n] = dot(weight[n], x[t]) + offsets[n];
      }
    }
    return out;
  }

  private double[][] matrix(String name, int rows, int columns) {
    WeightSource source = weights.tensor(name + ".weight", rows, columns);
    double[][] matrix = new double[rows][];
    for (int n = 0; n < rows; n++) {
      matrix[n] = doubles(source, (long) n * columns, columns);
    }
    return matrix;
  }

  private double[] vector(String name, int length) {
    return doubles(weights.tensor(name, length), 0, length);
  }

  private static double[] doubles(WeightSource source, long offset, int count) {
    float[] read = new float[count];
    source.read(offset, read, 0, count);
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = read[i];
    }
    return values;
  }

  private static void add(double[][] x, double[][] y) {
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < x[t].length; i++) {
        x[t][i] += y[t][i];
      }
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
