// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.api.Checks;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.HalfFloats;
import dev.highbeam.runtime.backend.KvGroup;

/**
 * The keys and values of one group, in f32 or bf16. Within a page, values of a head lie [slot,
 * headDim], but keys [headDim, slot]: scores are then block products whose columns are positions.
 * Pages lie in chunks of whole pages, so that offsets inside an array fit an int.
 *
 * <p>Threads may append and read at once if their slots differ.
 */
final class KvCache {

  private static final int CHUNK_ELEMENTS = 1 << 28;

  private final KvGroup group;
  private final int pageSize;
  private final int pageCount;
  private final int pagesPerChunk;
  private final int pageElements;

  // [layer][keys or values][chunk]
  private final float[][][][] floats;
  private final short[][][][] halves;

  KvCache(KvGroup group, Capacity capacity) {
    Checks.checkArgument(
        group.dtype() == DType.F32 || group.dtype() == DType.BF16,
        "kv dtype must be F32 or BF16, was %s",
        group.dtype());
    this.group = group;
    pageSize = capacity.pageSize();
    pageCount = capacity.pageCount();
    pageElements =
        Math.multiplyExact(Math.multiplyExact(group.kvHeads(), group.headDim()), pageSize);
    pagesPerChunk = Math.max(1, Math.min(pageCount, CHUNK_ELEMENTS / pageElements));
    int chunks = (pageCount + pagesPerChunk - 1) / pagesPerChunk;
    boolean isBf16 = group.dtype() == DType.BF16;
    floats = new float[isBf16 ? 0 : group.layerCount()][2][chunks][];
    halves = new short[isBf16 ? group.layerCount() : 0][2][chunks][];
    for (int layer = 0; layer < group.layerCount(); layer++) {
      for (int chunk = 0; chunk < chunks; chunk++) {
        int elements = Math.min(pagesPerChunk, pageCount - chunk * pagesPerChunk) * pageElements;
        for (int kind = 0; kind < 2; kind++) {
          if (isBf16) {
            halves[layer][kind][chunk] = new short[elements];
          } else {
            floats[layer][kind][chunk] = new float[elements];
          }
        }
      }
    }
  }

  KvGroup group() {
    return group;
  }

  int pageSize() {
    return pageSize;
  }

  /** Writes the key and the value [headDim] of one head to a slot, rounded to the cache's type. */
  void append(int layer, int slot, int head, float[] source, int keyOffset, int valueOffset) {
    int page = slot / pageSize;
    int inPage = slot % pageSize;
    if (slot < 0 || page >= pageCount) {
      // Not through Checks, whose arguments are objects: this runs for each token and head.
      throw new IllegalArgumentException("slot must be in " + pageCount + " pages, was " + slot);
    }
    int headOffset = headOffset(page, head);
    int key = headOffset + inPage;
    int value = headOffset + inPage * group.headDim();
    int chunk = page / pagesPerChunk;
    if (group.dtype() == DType.BF16) {
      short[] keys = halves[layer][0][chunk];
      short[] values = halves[layer][1][chunk];
      for (int d = 0; d < group.headDim(); d++) {
        keys[key + d * pageSize] = HalfFloats.floatToBf16(source[keyOffset + d]);
        values[value + d] = HalfFloats.floatToBf16(source[valueOffset + d]);
      }
      return;
    }
    float[] keys = floats[layer][0][chunk];
    for (int d = 0; d < group.headDim(); d++) {
      keys[key + d * pageSize] = source[keyOffset + d];
    }
    System.arraycopy(source, valueOffset, floats[layer][1][chunk], value, group.headDim());
  }

  /** Copies length slots of a page's keys as f32 to target [headDim, targetStride]. */
  void readKeys(Kernels kernels, int layer, int page, int head, float[] target, Strips strips) {
    // The caller gave the first slot of the page as sourceOffset.
    strips.sourceOffset += headOffset(page, head);
    strips.sourceStride = pageSize;
    strips.stripCount = group.headDim();
    copy(kernels, layer, 0, page / pagesPerChunk, target, strips);
  }

  /** Copies stripCount slots of a page's values as f32 to target [slots, targetStride]. */
  void readValues(Kernels kernels, int layer, int page, int head, float[] target, Strips strips) {
    strips.sourceOffset = headOffset(page, head) + strips.sourceOffset * group.headDim();
    strips.sourceStride = group.headDim();
    strips.length = group.headDim();
    strips.join();
    copy(kernels, layer, 1, page / pagesPerChunk, target, strips);
  }

  private int headOffset(int page, int head) {
    return page % pagesPerChunk * pageElements + head * group.headDim() * pageSize;
  }

  private void copy(
      Kernels kernels, int layer, int kind, int chunk, float[] target, Strips strips) {
    if (group.dtype() == DType.BF16) {
      kernels.widen(halves[layer][kind][chunk], target, strips);
      return;
    }
    kernels.copy(floats[layer][kind][chunk], target, strips);
  }
}
