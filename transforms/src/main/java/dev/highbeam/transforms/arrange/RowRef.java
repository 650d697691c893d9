// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.arrange;

import java.io.Serializable;
import java.util.Comparator;

/**
 * Which request of the input: rows of one source come in order of their position, so that the order
 * of these is the order of (source, position) as the input lists its sources.
 *
 * @param split of the input, from 0
 * @param index among the split's requests, from 0
 */
public record RowRef(int split, int index) implements Comparable<RowRef>, Serializable {

  private static final Comparator<RowRef> ORDER =
      Comparator.comparingInt(RowRef::split).thenComparingInt(RowRef::index);

  /** Both numbers in one, in the same order. */
  public long packed() {
    return ((long) split << Integer.SIZE) | index;
  }

  public static RowRef of(long packed) {
    return new RowRef((int) (packed >> Integer.SIZE), (int) packed);
  }

  @Override
  public int compareTo(RowRef other) {
    return ORDER.compare(this, other);
  }
}
