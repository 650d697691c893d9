// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import java.io.Serializable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Something of what a shard is made of; each piece becomes known elsewhere. One of the three is
 * there.
 *
 * @param home the shard's own part of the input
 * @param special encoded moves of requests of that part: those that left, and those that are
 *     computed beside another that is there
 * @param arrivals rows that come from elsewhere
 */
record ShardPiece(@Nullable ShardCut home, @Nullable Block special, @Nullable Arrivals arrivals)
    implements Serializable {

  static ShardPiece home(ShardCut cut) {
    return new ShardPiece(cut, null, null);
  }

  static ShardPiece special(byte[] moves) {
    return new ShardPiece(null, new Block(moves), null);
  }

  static ShardPiece arrivals(Arrivals section) {
    return new ShardPiece(null, null, section);
  }

  /**
   * A section of a file.
   *
   * @param kind what its rows are
   * @param file in the folder of the work list
   * @param offset of the section
   * @param rows in it
   * @param moves encoded: how each row comes here; empty for copies, which say it themselves
   */
  record Arrivals(ArrivalKind kind, String file, long offset, int rows, Block moves)
      implements Serializable {}

  /** What rows that come from elsewhere are. */
  enum ArrivalKind {
    REQUESTS,
    COPIES,
    EARLIER
  }

  /** Bytes that are equal if they are the same bytes, as runners expect of elements. */
  static final class Block implements Serializable {

    static final Block EMPTY = new Block(new byte[0]);

    private static final long serialVersionUID = 1L;

    private final byte[] bytes;

    Block(byte[] bytes) {
      this.bytes = bytes;
    }

    /** The bytes themselves, which nobody changes. */
    byte[] bytes() {
      return bytes;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Block that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }
}
