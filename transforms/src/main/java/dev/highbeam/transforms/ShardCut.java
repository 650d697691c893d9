// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Which requests a shard takes.
 *
 * @param shard its number
 * @param slices of splits, in order
 */
record ShardCut(int shard, List<Slice> slices) implements Serializable {

  ShardCut {
    slices = new ArrayList<>(slices); // A list of some other kind may not be serialisable.
  }

  /** Requests {@code from} to {@code to}, the latter not included, of one file of a split. */
  record Slice(String file, long from, long to) implements Serializable {}
}
