// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.reuse.EarlierGroup;
import dev.highbeam.transforms.reuse.EarlierRows;
import dev.highbeam.transforms.shards.WorkFolder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.values.KV;

/** Brings the rows of one row group of an earlier job to the shards whose requests want them. */
final class FetchEarlierFn extends DoFn<KV<Integer, Iterable<byte[]>>, KV<Integer, ShardPiece>> {

  private static final long serialVersionUID = 1L;

  private final WorkFolder folder;
  private final ArrayList<EarlierGroup> groups;

  FetchEarlierFn(WorkFolder folder, List<EarlierGroup> groups) {
    this.folder = folder;
    this.groups = new ArrayList<>(groups);
  }

  @ProcessElement
  public void fetch(
      @Element KV<Integer, Iterable<byte[]>> wanted, OutputReceiver<KV<Integer, ShardPiece>> output)
      throws IOException {
    List<Move> moves = new ArrayList<>();
    wanted.getValue().forEach(block -> Move.decode(block, moves));
    Map<Integer, List<Move>> byIndex = new HashMap<>();
    for (Move move : moves) {
      byIndex.computeIfAbsent(move.origin().index(), index -> new ArrayList<>()).add(move);
    }
    int group = wanted.getKey();
    MovedRows moved =
        new MovedRows(
            file -> folder.fetched(group, file),
            (shard, section) -> output.output(KV.of(shard, section)));
    EarlierRows.read(
        groups.get(group),
        (index, rows) -> {
          for (Move move : byIndex.getOrDefault(index, List.of())) {
            moved.addEarlier(move.rank(), move, rows);
          }
        });
    moved.flush();
  }
}
