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
}
