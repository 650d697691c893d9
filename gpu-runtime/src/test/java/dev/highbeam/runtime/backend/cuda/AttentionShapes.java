// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import dev.highbeam.runtime.backend.AttentionSpec;

/** Attention of tests. */
final class AttentionShapes {

  private AttentionShapes() {}

  static AttentionSpec spec(int queryHeads, int kvHeads, int headDim, int window) {
    float scale = (float) (1 / Math.sqrt(headDim));
    return new AttentionSpec(queryHeads, kvHeads, headDim, scale, window, 0);
  }
}
