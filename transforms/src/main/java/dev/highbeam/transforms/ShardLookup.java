// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.RowRef;
import java.util.Map;
import java.util.TreeMap;

/** In which shard's part of the input a request lies. */
final class ShardLookup {

  private final TreeMap<RowRef, Integer> shards = new TreeMap<>();

  private ShardLookup() {}

  static ShardLookup of(Iterable<ShardCut> cuts) {
    ShardLookup lookup = new ShardLookup();
    for (ShardCut cut : cuts) {
      for (ShardCut.Slice slice : cut.slices()) {
        lookup.shards.put(slice.row(slice.from()), cut.shard());
      }
    }
    return lookup;
  }

  int of(RowRef row) {
    Map.Entry<RowRef, Integer> slice = shards.floorEntry(row);
    if (slice == null) {
      throw new IllegalStateException(row + " is in no shard");
    }
    return slice.getValue();
  }
}
