// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.AttentionSpec;
import dev.highbeam.runtime.backend.Capacity;
import dev.highbeam.runtime.backend.ForwardBatch;
import java.util.List;

/** provisional. */
final class AttentionWork {
  static final int TILE_TOKENS = 64;
  static final int SPLIT_TOKENS = 512;
  private final int[] tiles;
  private final int[] work;
  private int tileCount;
  private int workCount;

  AttentionWork(List<AttentionSpec> specs, Capacity capacity, int maxPartials) {
    tiles = new int[3 * (capacity.maxStepTokens() / 64 + 2 * capacity.maxSequences() + 1)];
    work = new int[4 * capacity.maxStepTokens()];
  }

  void build(ForwardBatch batch) {
    tileCount = 0;
    workCount = 0;
    for (int e = 0; e < batch.entryCount(); e++) {
      int begin = batch.queryIndptr[e];
      int end = batch.queryIndptr[e + 1];
      if (e < batch.promptEntryCount()) {
        for (int t = begin; t < end; t += 64) {
          tiles[3 * tileCount] = t;
          tiles[3 * tileCount + 1] = Math.min(64, end - t);
          tiles[3 * tileCount + 2] = e;
          tileCount++;
        }
      } else {
        for (int t = begin; t < end; t++) {
          work[4 * workCount] = t;
          work[4 * workCount + 1] = e;
          work[4 * workCount + 2] = -1;
          work[4 * workCount + 3] = 0;
          workCount++;
        }
      }
    }
  }

  int[] promptTiles() {
    return tiles;
  }

  int promptTileCount() {
    return tileCount;
  }

  int[] outputWork() {
    return work;
  }

  int outputWorkCount() {
    return workCount;
  }

  int[] outputCombines() {
    return new int[0];
  }

  int outputCombineCount() {
    return 0;
  }
}
