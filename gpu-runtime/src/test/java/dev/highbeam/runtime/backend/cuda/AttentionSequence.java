// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import java.util.Random;

/**
 * A sequence of random queries, keys and values, a function of its number and the position alone,
 * and attention over it in f64.
 */
final class AttentionSequence {

  private final AttentionCase layer;
  private final int number;

  AttentionSequence(AttentionCase layer, int number) {
    this.layer = layer;
    this.number = number;
  }

  /** [queryHeads * headDim] of one token. */
  float[] queries(int position) {
    return row(0, position, layer.queryHeads, layer.spread, layer.query);
  }

  /** [kvHeads * headDim] of one token, as they are stored. */
  float[] keys(int position) {
    return row(1, position, layer.kvHeads, 1, layer.kv);
  }

  /** [kvHeads * headDim] of one token, as they are stored. */
  float[] values(int position) {
    return row(2, position, layer.kvHeads, 1, layer.kv);
  }

  private float[] row(int what, int position, int heads, float scale, ElementType type) {
    Random random = new Random((3L * number + what) * 1_000_003 + position);
    float[] row = new float[heads * layer.headDim];
    for (int i = 0; i < row.length; i++) {
      row[i] = type.round(scale * (float) random.nextGaussian());
    }
    return row;
  }

  /** softmax(cap(scale * q K^T)) V of one token: [queryHeads * headDim]. */
  double[] expected(int position) {
    int first = layer.spec().firstVisible(position);
    float[][] keys = new float[position + 1 - first][];
    float[][] values = new float[keys.length][];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = keys(first + i);
      values[i] = values(first + i);
    }
    float[] queries = queries(position);
    double[] result = new double[queries.length];
    for (int head = 0; head < layer.queryHeads; head++) {
      attend(result, head, queries, keys, values);
    }
    return result;
  }

  private void attend(
      double[] result, int head, float[] queries, float[][] keys, float[][] values) {
    int headDim = layer.headDim;
    int kvOffset = head / (layer.queryHeads / layer.kvHeads) * headDim;
    double[] scores = new double[keys.length];
    double greatest = layer.hasSinks ? AttentionCase.sink(head) : Double.NEGATIVE_INFINITY;
    for (int j = 0; j < keys.length; j++) {
      double dot = 0;
      for (int d = 0; d < headDim; d++) {
        dot += (double) queries[head * headDim + d] * keys[j][kvOffset + d];
      }
      double score = dot * layer.spec().scale() * layer.keyScale;
      scores[j] = layer.softCap == 0 ? score : layer.softCap * Math.tanh(score / layer.softCap);
      greatest = Math.max(greatest, scores[j]);
    }
    double total = layer.hasSinks ? Math.exp(AttentionCase.sink(head) - greatest) : 0;
    for (int j = 0; j < keys.length; j++) {
      double weight = Math.exp(scores[j] - greatest);
      total += weight;
      for (int d = 0; d < headDim; d++) {
        result[head * headDim + d] += weight * layer.valueScale * values[j][kvOffset + d];
      }
    }
    for (int d = 0; d < headDim; d++) {
      result[head * headDim + d] /= total;
    }
  }
}
