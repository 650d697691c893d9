// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.arrange.RowRef;
import dev.highbeam.transforms.shards.WorkFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollectionView;

/**
 * Brings requests that do not stay to the shards in which they end: those of a group of splits, in
 * files whose sections belong to one shard each. What goes through the pipeline is where the
 * sections are.
 */
final class MoveRowsFn extends DoFn<KV<Integer, Iterable<byte[]>>, KV<Integer, ShardPiece>> {

  private static final long serialVersionUID = 1L;

  private final WorkFolder folder;
  private final PCollectionView<Iterable<ShardCut>> cuts;

  MoveRowsFn(WorkFolder folder, PCollectionView<Iterable<ShardCut>> cuts) {
    this.folder = folder;
    this.cuts = cuts;
  }

  @ProcessElement
  public void move(ProcessContext context) throws IOException {
    ShardLookup shards = ShardLookup.of(context.sideInput(cuts));
    Map<Integer, List<Move>> special = new HashMap<>();
    MovedRows moved =
        new MovedRows(
            folder,
            context.element().getKey(),
            (shard, section) -> context.output(KV.of(shard, section)));
    try (SplitRequests requests = new SplitRequests(folder)) {
      for (Move move : resolved(context.element().getValue()).values()) {
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
        (shard, moves) -> context.output(KV.of(shard, ShardPiece.special(Move.encode(moves)))));
  }

  /** All moves by request; a copy within its split gets to know what is computed for both. */
  private static SortedMap<RowRef, Move> resolved(Iterable<byte[]> blocks) {
    List<Move> all = new ArrayList<>();
    blocks.forEach(block -> Move.decode(block, all));
    TreeMap<RowRef, Move> moves = new TreeMap<>();
    List<Move> local = new ArrayList<>();
    for (Move move : all) {
      if (move.kind() == Move.Kind.LOCAL_COPY) {
        local.add(move);
      } else {
        moves.put(move.row(), move);
      }
    }
    for (Move move : local) {
      Move first = moves.get(move.origin());
      moves.put(
          move.row(),
          first == null
              ? move.of(move.origin(), move.origin())
              : move.of(first.origin(), first.place()));
    }
    return moves;
  }
}
