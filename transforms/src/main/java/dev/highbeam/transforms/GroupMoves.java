// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.arrange.RowRef;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What becomes of the requests of a group of splits.
 *
 * @param byRow copies and members, by request; a copy knows what is computed for it
 * @param reused requests that an earlier job has rows for
 */
record GroupMoves(SortedMap<RowRef, Move> byRow, List<Move> reused) {

  static GroupMoves of(Iterable<byte[]> blocks) {
    List<Move> all = new ArrayList<>();
    blocks.forEach(block -> Move.decode(block, all));
    TreeMap<RowRef, Move> byRow = new TreeMap<>();
    List<Move> reused = new ArrayList<>();
    for (Move move : all) {
      switch (move.kind()) {
        case COPY, MEMBER -> byRow.put(move.row(), move);
        case REUSE -> reused.add(move);
        case LOCAL_COPY, LEFT -> {
          // The one comes below; the other nobody decides.
        }
      }
    }
    for (Move move : all) {
      if (move.kind() == Move.Kind.LOCAL_COPY) {
        Move first = byRow.get(move.origin());
        byRow.put(
            move.row(),
            first == null
                ? move.of(move.origin(), move.origin())
                : move.of(first.origin(), first.place()));
      }
    }
    return new GroupMoves(byRow, reused);
  }

  /** The request beside which this one is computed. */
  RowRef place(RowRef row) {
    Move move = byRow.get(row);
    return move == null ? row : move.place();
  }
}
