// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.RowRef;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Which part of the input is a shard's own: all requests there that do not go elsewhere.
 *
 * @param shard its number
 * @param slices of splits, in order
 */
record ShardCut(int shard, List<Slice> slices) implements Serializable {

  ShardCut {
    slices = new ArrayList<>(slices); // A list of some other kind may not be serialisable.
  }

  /**
   * Requests {@code from} to {@code to}, the latter not included, of one file of a split.
   *
   * @param first the file's first request
   */
  record Slice(String file, RowRef first, long from, long to) implements Serializable {

    /** The slice's i-th request of the file. */
    RowRef row(long i) {
      return new RowRef(first.split(), (int) (first.index() + i));
    }
  }
}
