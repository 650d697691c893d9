// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend;

import java.nio.ByteBuffer;

/**
 * One tensor of a checkpoint, read where it lies (a mapped file). Rows are contiguous; the last
 * dimension runs fastest. Safe to read from several threads.
 */
public interface WeightSource {

  /** The tensor's name in the checkpoint, for messages. */
  String name();

  DType dtype();

  /** Dimensions, outermost first; never empty. */
  long[] shape();

  /**
   * Copies count elements from the element offset on, converted to f32.
   *
   * @throws IndexOutOfBoundsException if the range is not inside the tensor
   */
  void read(long offset, float[] target, int targetOffset, int count);

  /** The raw little-endian bytes of count elements from the element offset on, read-only. */
  ByteBuffer bytes(long offset, int count);

  /** Elements of the whole tensor. */
  default long elementCount() {
    long count = 1;
    for (long size : shape()) {
      count = Math.multiplyExact(count, size);
    }
    return count;
  }
}
