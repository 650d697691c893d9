// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.arrange;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * What becomes of a request that does not simply stay where it is.
 *
 * @param kind what this is about
 * @param row the request
 * @param origin of a copy: the equal request that is computed; of a reused one: the row group and
 *     the place in it where an earlier job's rows lie; else the request itself
 * @param place the request beside which it, or its origin, is computed
 * @param rank its place among those that are computed there; of a reused one, once that is known:
 *     its shard
 * @param followers of a member at its own place: how many come to it
 */
public record Move(Kind kind, RowRef row, RowRef origin, RowRef place, int rank, int followers) {

  /** What a move is about. */
  public enum Kind {
    /** Equals another request, which is computed instead. */
    COPY('c'),
    /** Equals another request of its split, which may be a copy itself. */
    LOCAL_COPY('l'),
    /** Is computed beside requests that begin alike. */
    MEMBER('m'),
    /** An earlier job has its rows. */
    REUSE('r'),
    /** Is no longer where the input had it. */
    LEFT('x');

    private final char code;

    Kind(char code) {
      this.code = code;
    }

    private static Kind of(byte code) {
      for (Kind kind : KINDS) {
        if (kind.code == code) {
          return kind;
        }
      }
      throw new IllegalArgumentException("no kind of move has the code " + code);
    }
  }

  private static final int BYTES = 1 + 3 * Long.BYTES + 2 * Integer.BYTES;
  private static final Kind[] KINDS = Kind.values();

  static Move copy(RowRef row, RowRef origin, RowRef place) {
    return new Move(Kind.COPY, row, origin, place, 0, 0);
  }

  /** A copy of a request of the same split. */
  public static Move localCopy(RowRef row, RowRef origin) {
    return new Move(Kind.LOCAL_COPY, row, origin, origin, 0, 0);
  }

  static Move member(RowRef row, RowRef place, int rank, int followers) {
    return new Move(Kind.MEMBER, row, row, place, rank, followers);
  }

  /** A request whose rows lie in that row group of an earlier job. */
  public static Move reuse(RowRef row, RowRef earlier) {
    return new Move(Kind.REUSE, row, earlier, row, 0, 0);
  }

  /** A request that stays where it is. */
  public static Move none(RowRef row) {
    return new Move(Kind.MEMBER, row, row, row, 0, 0);
  }

  /** This reuse with the shard that the request ends in as its rank. */
  public Move inShard(int shard) {
    return new Move(kind, row, origin, place, shard, followers);
  }

  /** Only that it is gone. */
  public Move left() {
    return new Move(Kind.LEFT, row, row, row, 0, 0);
  }

  /** This local copy as a copy of what its origin is a copy of. */
  public Move of(RowRef computed, RowRef other) {
    return new Move(Kind.COPY, row, computed, other, 0, 0);
  }

  /** Moves one after the other, each of the same length. */
  public static byte[] encode(List<Move> moves) {
    ByteBuffer block = ByteBuffer.allocate(moves.size() * BYTES);
    for (Move move : moves) {
      block.put((byte) move.kind.code);
      block.putLong(move.row.packed()).putLong(move.origin.packed()).putLong(move.place.packed());
      block.putInt(move.rank).putInt(move.followers);
    }
    return block.array();
  }

  /** Adds the moves of {@link #encode}. */
  public static void decode(byte[] block, List<Move> moves) {
    ByteBuffer buffer = ByteBuffer.wrap(block);
    while (buffer.hasRemaining()) {
      Kind kind = Kind.of(buffer.get());
      RowRef row = RowRef.of(buffer.getLong());
      RowRef origin = RowRef.of(buffer.getLong());
      RowRef place = RowRef.of(buffer.getLong());
      moves.add(new Move(kind, row, origin, place, buffer.getInt(), buffer.getInt()));
    }
  }
}
