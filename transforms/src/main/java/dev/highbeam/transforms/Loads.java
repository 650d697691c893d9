// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms;

import dev.highbeam.transforms.arrange.Move;
import dev.highbeam.transforms.arrange.RowRef;
import java.io.Serializable;
import java.util.HashMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How many requests more or fewer than it holds each stripe of the input is to compute. Stripes are
 * short, so that the plan of the shards is nearly exact, and few enough to be known in one place.
 */
final class Loads implements Serializable {

  private static final long serialVersionUID = 1L;

  /** Nothing comes or goes. */
  static final Loads NONE = new Loads(1);

  /** Inputs up to which single requests are stripes. */
  private static final long EXACT_ROWS = 200_000;

  private static final int STRIPE = 40;

  private final int stripe;
  private final HashMap<Integer, TreeMap<Integer, Integer>> deltas = new HashMap<>();

  private Loads(int stripe) {
    this.stripe = stripe;
  }

  /** Loads of an input with so many rows. */
  static Loads of(long rows) {
    return new Loads(rows <= EXACT_ROWS ? 1 : STRIPE);
  }

  /** Requests of a split in one stripe; files hold a multiple of it, so no stripe lies in two. */
  int stripe() {
    return stripe;
  }

  /** Counts a move, as seen from the place where the request is in the input. */
  void add(Move move) {
    switch (move.kind()) {
      case COPY, LOCAL_COPY -> add(move.row(), -1);
      case MEMBER -> add(move.row(), move.row().equals(move.place()) ? move.followers() : -1);
      case REUSE, LEFT -> {
        // Goes nowhere, or is counted already.
      }
    }
  }

  /** Takes over what another knows. */
  void addAll(Loads other) {
    other.deltas.forEach(
        (split, stripes) ->
            stripes.forEach(
                (at, delta) ->
                    deltas
                        .computeIfAbsent(split, key -> new TreeMap<>())
                        .merge(at, delta, Integer::sum)));
  }

  boolean touches(int split) {
    return deltas.containsKey(split);
  }

  /** The difference of a split's n-th stripe. */
  int delta(int split, int number) {
    TreeMap<Integer, Integer> stripes = deltas.get(split);
    return stripes == null ? 0 : stripes.getOrDefault(number, 0);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Loads that && stripe == that.stripe && deltas.equals(that.deltas);
  }

  @Override
  public int hashCode() {
    return deltas.hashCode();
  }

  private void add(RowRef row, int delta) {
    deltas
        .computeIfAbsent(row.split(), key -> new TreeMap<>())
        .merge(row.index() / stripe, delta, Integer::sum);
  }
}
