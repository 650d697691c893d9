// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cpu;

/**
 * Where a copy of equally long strips reads and writes: strip i of stripCount goes from
 * sourceOffset + i * sourceStride to targetOffset + i * targetStride. A mutable holder, one per
 * worker.
 */
final class Strips {

  int stripCount;
  int length;
  int sourceOffset;
  int sourceStride;
  int targetOffset;
  int targetStride;

  /** Makes one strip of them if they touch each other on both sides. */
  void join() {
    if (sourceStride == length && targetStride == length) {
      length *= stripCount;
      stripCount = 1;
    }
  }

  /** Copies them one by one. */
  void copy(float[] source, float[] target) {
    for (int i = 0; i < stripCount; i++) {
      int from = sourceOffset + i * sourceStride;
      System.arraycopy(source, from, target, targetOffset + i * targetStride, length);
    }
  }
}
