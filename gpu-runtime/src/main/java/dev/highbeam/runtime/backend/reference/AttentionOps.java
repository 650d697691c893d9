// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.reference;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.RopeSpec;

/** The ops that know of positions, for one token each: rotation, and attention over the pages. */
final class AttentionOps {

  private AttentionOps() {}

  /** Rotates consecutive heads in place; see {@link RopeSpec} for the pairing. */
  static void rotate(
      float[] values, int offset, int headCount, int headDim, RopeSpec rope, int position) {
    int half = rope.rotaryDim() / 2;
    for (int i = 0; i < half; i++) {
      double angle = rope.angle(position, i);
      float cos = (float) StrictMath.cos(angle) * rope.amplitude();
      float sin = (float) StrictMath.sin(angle) * rope.amplitude();
      for (int head = 0; head < headCount; head++) {
        int first = offset + head * headDim + i;
        int second = first + half;
        float a = values[first];
        float b = values[second];
        values[first] = a * cos - b * sin;
        values[second] = b * cos + a * sin;
      }
    }
  }

  /**
   * out[headDim] = softmax(q . K) V for one query head: scores of all visible positions, their
   * maximum, then the weighted sum in the order of positions.
   *
   * @param sink one more score, without a value; minus infinity for none
   * @param scores room for as many scores as there are keys
   */
  static void attend(
      float[] out,
      int outOffset,
      float[] query,
      int queryOffset,
      Keys keys,
      AttentionSpec spec,
      float sink,
      float[] scores) {
    float greatest = sink;
    for (int j = 0; j < keys.count(); j++) {
      float dot = 0;
      for (int d = 0; d < spec.headDim(); d++) {
        dot += query[queryOffset + d] * keys.key(j, d);
      }
      scores[j] = softCapped(dot * spec.scale(), spec.softCap());
      greatest = Math.max(greatest, scores[j]);
    }
    float total = (float) StrictMath.exp(sink - greatest);
    for (int j = 0; j < keys.count(); j++) {
      scores[j] = (float) StrictMath.exp(scores[j] - greatest);
      total += scores[j];
    }
    for (int d = 0; d < spec.headDim(); d++) {
      float sum = 0;
      for (int j = 0; j < keys.count(); j++) {
        sum += scores[j] * keys.value(j, d);
      }
      out[outOffset + d] = sum / total;
    }
  }

  private static float softCapped(float score, float cap) {
    return cap == 0 ? score : cap * (float) StrictMath.tanh(score / cap);
  }

  /** The keys and values that one query head sees: those of one kv head at the first slots. */
  @SuppressWarnings("ArrayRecordComponent") // A view that lives for one head.
  record Keys(KvStore store, int layer, int kvHead, int[] slots, int count) {

    float key(int j, int element) {
      return store.key(layer, slots[j], kvHead, element);
    }

    float value(int j, int element) {
      return store.value(layer, slots[j], kvHead, element);
    }
  }
}
