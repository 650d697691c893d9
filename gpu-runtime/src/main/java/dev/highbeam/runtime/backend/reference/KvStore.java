// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.reference;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.Float8;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.KvGroup;
import java.util.Arrays;

/**
 * Keys and values of one group: [layer][page][slot in page, kv head, element], as f32 that were
 * rounded to the group's type when written. Starts as NaN, so that reading what nobody wrote shows.
 */
final class KvStore {

  private final KvGroup group;
  private final int pageSize;
  private final float[][][] keys;
  private final float[][][] values;

  KvStore(KvGroup group, Capacity capacity) {
    this.group = group;
    this.pageSize = capacity.pageSize();
    this.keys = pages(group, capacity);
    this.values = pages(group, capacity);
  }

  private static float[][][] pages(KvGroup group, Capacity capacity) {
    int pageElements = Math.toIntExact((long) capacity.pageSize() * slotElements(group));
    float[][][] pages = new float[group.layerCount()][capacity.pageCount()][pageElements];
    for (float[][] layer : pages) {
      for (float[] page : layer) {
        Arrays.fill(page, Float.NaN);
      }
    }
    return pages;
  }

  private static int slotElements(KvGroup group) {
    return Math.multiplyExact(group.kvHeads(), group.headDim());
  }

  /** Writes the keys and values of one token, all heads of each in a row. */
  void append(int layer, int slot, float[] source, int keyOffset, int valueOffset) {
    float[] keyPage = keys[layer][slot / pageSize];
    float[] valuePage = values[layer][slot / pageSize];
    int count = slotElements(group);
    int target = slot % pageSize * count;
    for (int i = 0; i < count; i++) {
      keyPage[target + i] = rounded(source[keyOffset + i], group.dtype());
      valuePage[target + i] = rounded(source[valueOffset + i], group.dtype());
    }
  }

  private static float rounded(float value, DType dtype) {
    return switch (dtype) {
      case F32 -> value;
      case BF16 -> HalfFloats.roundToBf16(value);
      case F16 -> HalfFloats.f16ToFloat(HalfFloats.floatToF16(value));
      case FP8_E4M3 -> Float8.round(value);
    };
  }

  float key(int layer, int slot, int head, int element) {
    return keys[layer][slot / pageSize][elementInPage(slot, head, element)];
  }

  float value(int layer, int slot, int head, int element) {
    return values[layer][slot / pageSize][elementInPage(slot, head, element)];
  }

  private int elementInPage(int slot, int head, int element) {
    return (slot % pageSize * group.kvHeads() + head) * group.headDim() + element;
  }
}
