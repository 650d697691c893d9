// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

import dev.highbeam.runtime.backend.DType;
import dev.highbeam.runtime.backend.PackedLinear;
import dev.highbeam.runtime.backend.PackedTable;

/**
 * Weights as Java's kernels want them. Those that lie in tiles are read once more: so only where a
 * program turns out to be one that tiles cannot run.
 */
final class JavaWeights {

  private JavaWeights() {}

  static PanelWeights of(PackedLinear packed, ThreadPool pool) {
    return packed instanceof TileWeights tiles
        ? PanelPacker.pack(tiles.spec(), DType.BF16, pool)
        : (PanelWeights) packed;
  }

  static EmbeddingTable of(PackedTable packed, ThreadPool pool) {
    return packed instanceof TileTable tiles
        ? EmbeddingTable.pack(tiles.source(), DType.BF16, pool)
        : (EmbeddingTable) packed;
  }
}
