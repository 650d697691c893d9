// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.shards.WorkFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TupleTag;

/**
 * Brings requests that do not stay to the shards in which they end: those of a group of splits, in
 * files whose sections belong to one shard each. What goes through the pipeline is where the
 * sections are.
 */
final class MoveRowsFn extends DoFn<KV<Integer, Iterable<byte[]>>, KV<Integer, ShardPiece>> {

  static final TupleTag<KV<Integer, ShardPiece>> PIECES = new TupleTag<>("pieces");

  /** Which rows of an earlier job are wanted where, by the number of their row group. */
  static final TupleTag<KV<Integer, byte[]>> WANTED = new TupleTag<>("wanted");

  private static final long serialVersionUID = 1L;

  private final WorkFolder folder;
  private final PCollectionView<Iterable<ShardCut>> cuts;

  MoveRowsFn(WorkFolder folder, PCollectionView<Iterable<ShardCut>> cuts) {
    this.folder = folder;
    this.cuts = cuts;
  }

  @ProcessElement
  public void move(@Element KV<Integer, Iterable<byte[]>> group, ProcessContext context)
      throws IOException {
    ShardLookup shards = ShardLookup.of(context.sideInput(cuts));
    GroupMoves moves = GroupMoves.of(group.getValue());
    Map<Integer, List<Move>> special = new HashMap<>();
    MovedRows moved =
        new MovedRows(
            file -> folder.moved(group.getKey(), file),
            (shard, section) -> context.output(KV.of(shard, section)));
    try (SplitRequests requests = new SplitRequests(folder)) {
      for (Move move : moves.byRow().values()) {
        int home = shards.of(move.row());
        int target = shards.of(move.place());
        boolean isCopy = move.kind() == Move.Kind.COPY;
        boolean stays = !isCopy && home == target;
        if (isCopy) {
          moved.addCopy(target, move, requests.read(move.row()));
        } else if (!stays) {
          moved.addRequest(target, move, requests.read(move.row()));
        }
        special.computeIfAbsent(home, shard -> new ArrayList<>()).add(stays ? move : move.left());
      }
    }
    moved.flush();
    special.forEach(
        (shard, some) -> context.output(KV.of(shard, ShardPiece.special(Move.encode(some)))));
    Map<Integer, List<Move>> wanted = new HashMap<>();
    for (Move reuse : moves.reused()) {
      int shard = shards.of(moves.place(reuse.row()));
      wanted
          .computeIfAbsent(reuse.origin().split(), earlier -> new ArrayList<>())
          .add(reuse.inShard(shard));
    }
    wanted.forEach((earlier, some) -> context.output(WANTED, KV.of(earlier, Move.encode(some))));
  }
}
