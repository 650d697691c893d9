// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;

/** Decides which requests make a shard, once all splits are known. */
final class PlanShardsFn extends DoFn<String, ShardCut> {

  private static final long serialVersionUID = 1L;

  private final ArrangeWork.ShardSize size;
  private final long rows;
  private final PCollectionView<Iterable<ArrangedSplit>> arranged;
  private final @Nullable PCollectionView<Iterable<Loads>> loads;

  PlanShardsFn(
      ArrangeWork.ShardSize size,
      long rows,
      PCollectionView<Iterable<ArrangedSplit>> arranged,
      @Nullable PCollectionView<Iterable<Loads>> loads) {
    this.size = size;
    this.rows = rows;
    this.arranged = arranged;
    this.loads = loads;
  }

  @ProcessElement
  public void plan(ProcessContext context) {
    Loads all = Loads.of(rows);
    if (loads != null) {
      context.sideInput(loads).forEach(all::addAll);
    }
    ShardPlan.of(context.sideInput(arranged), all, size.workers(), size.requests())
        .forEach(context::output);
  }
}
