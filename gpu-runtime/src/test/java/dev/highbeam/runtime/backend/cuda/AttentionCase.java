// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.DType;
import java.util.function.Consumer;

/**
 * One layer's attention as a test sets it. Each setter gives a copy; what is not set is usual: one
 * kv head of 64 elements with two query heads, f32 results, no window, cap or sinks.
 */
final class AttentionCase {

  final ElementType query;
  final ElementType kv;
  ElementType out = ElementType.F32;
  int queryHeads = 2;
  int kvHeads = 1;
  int headDim = 64;
  int window;
  float softCap;
  boolean hasSinks;
  int pageSize = 16;

  /** Pages with a head's tokens together, instead of a token's heads. */
  boolean isHnd;

  float keyScale = 1;
  float valueScale = 1;

  /** Standard deviation of the scores before the cap, about. */
  float spread = 1.5f;

  AttentionCase(ElementType query, ElementType kv) {
    this.query = query;
    this.kv = kv;
  }

  private AttentionCase with(Consumer<AttentionCase> change) {
    AttentionCase copy = new AttentionCase(query, kv);
    copy.out = out;
    copy.queryHeads = queryHeads;
    copy.kvHeads = kvHeads;
    copy.headDim = headDim;
    copy.window = window;
    copy.softCap = softCap;
    copy.hasSinks = hasSinks;
    copy.pageSize = pageSize;
    copy.isHnd = isHnd;
    copy.keyScale = keyScale;
    copy.valueScale = valueScale;
    copy.spread = spread;
    change.accept(copy);
    return copy;
  }

  AttentionCase out(ElementType type) {
    return with(c -> c.out = type);
  }

  AttentionCase heads(int queries, int kvs) {
    return with(
        c -> {
          c.queryHeads = queries;
          c.kvHeads = kvs;
        });
  }

  AttentionCase headDim(int elements) {
    return with(c -> c.headDim = elements);
  }

  AttentionCase window(int keys) {
    return with(c -> c.window = keys);
  }

  /** Scores reach well into the cap. */
  AttentionCase softCap(float cap) {
    return with(
        c -> {
          c.softCap = cap;
          c.spread = cap == 0 ? c.spread : cap / 2;
        });
  }

  AttentionCase sinks(boolean has) {
    return with(c -> c.hasSinks = has);
  }

  AttentionCase pages(int size, boolean hnd) {
    return with(
        c -> {
          c.pageSize = size;
          c.isHnd = hnd;
        });
  }

  AttentionCase scales(float key, float value) {
    return with(
        c -> {
          c.keyScale = key;
          c.valueScale = value;
        });
  }

  AttentionSpec spec() {
    return AttentionShapes.spec(queryHeads, kvHeads, headDim, window);
  }

  DType queryType() {
    return dtype(query);
  }

  DType kvType() {
    return dtype(kv);
  }

  private static DType dtype(ElementType type) {
    return switch (type) {
      case F32 -> DType.F32;
      case BF16 -> DType.BF16;
      case F16 -> DType.F16;
      case FP8 -> DType.FP8_E4M3;
    };
  }

  /** The extra score of a query head. */
  static float sink(int queryHead) {
    return 0.8f * queryHead - 1;
  }

  @Override
  public String toString() {
    return ("q %s kv %s out %s, heads %s/%s of %s, window %s, cap %s, sinks %s, pages of %s hnd %s,"
            + " scales %s %s")
        .formatted(
            query,
            kv,
            out,
            queryHeads,
            kvHeads,
            headDim,
            window,
            softCap,
            hasSinks,
            pageSize,
            isHnd,
            keyScale,
            valueScale);
  }
}
