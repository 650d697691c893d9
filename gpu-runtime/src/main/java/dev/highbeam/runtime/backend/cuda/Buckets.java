// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.backend.cuda;

import java.util.Arrays;

/**
 * The sizes for which launches are prepared: 1, 2, 4, then steps of an eighth of the octave, at
 * least 8. A step runs with the next larger size; the kernels leave the rows that are too many.
 */
final class Buckets {

  private static final int SMALLEST_STEP = 8;

  private final int[] sizes;

  /** All sizes up to the first that covers the largest. */
  Buckets(int largest) {
    int[] found = new int[32 + 8 * Integer.SIZE];
    int count = 0;
    int size = 1;
    while (true) {
      found[count] = Math.min(size, largest);
      count++;
      if (size >= largest) {
        break;
      }
      size = next(size);
    }
    sizes = Arrays.copyOf(found, count);
  }

  private static int next(int size) {
    return size < SMALLEST_STEP
        ? 2 * size
        : size + Math.max(SMALLEST_STEP, Integer.highestOneBit(size) / 8);
  }

  int count() {
    return sizes.length;
  }

  int size(int index) {
    return sizes[index];
  }

  /** Index of the smallest size that covers n, from 1 to the largest. */
  int indexOf(int n) {
    int found = Arrays.binarySearch(sizes, n);
    return found >= 0 ? found : -found - 1;
  }
}
