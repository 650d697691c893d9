// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.KvGroup;

/**
 * Keys and values of one group in bf16, in native memory. A page of a head holds groups of 16
 * tokens, each laid out as the right operand of a product: keys [dim / 2][16][2], values [dim /
 * 16][8][16][2]. A head counts up to whole tiles of 32.
 */
final class TileCache {

  private final long[] layers;

  TileCache(KvGroup group, Capacity capacity, NativeMemory memory) {
    long bytes = capacity.pageCount() * pageBytes(group, capacity.pageSize()) / 2;
    layers = new long[group.layerCount()];
    for (int layer = 0; layer < layers.length; layer++) {
      long keys = memory.take(bytes / layers.length);
      long values = memory.take(bytes / layers.length);
      long cache =
          TileKernels.newCache(keys, values, group.kvHeads(), group.headDim(), capacity.pageSize());
      layers[layer] = cache;
      memory.atEnd(() -> TileKernels.freeCache(cache));
    }
  }

  /** Bytes of one page of keys and values in all layers. */
  static long pageBytes(KvGroup group, int pageSize) {
    long headBytes = 2L * TileLayout.steps(group.headDim()) * TileLayout.TILE_COLUMNS * pageSize;
    return 2L * group.layerCount() * group.kvHeads() * headBytes;
  }

  /** What the kernels know a layer by. */
  long layer(int layer) {
    return layers[layer];
  }
}
