// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.arrange;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides, for the requests of one range of keys, what moves: a request that equals one before it
 * becomes its copy, and requests that begin alike come to the first of them. Which one that is
 * depends on the input alone.
 *
 * @param dedupe whether equal requests are computed once
 * @param groupPrefixes whether common beginnings are brought together
 * @param total requests of the job
 * @param maxGroup requests that come to one place at most
 */
public record Placement(boolean dedupe, boolean groupPrefixes, long total, int maxGroup)
    implements Serializable {

  /** The moves of a range, given in any order. */
  public List<Move> of(List<RequestKey> range) {
    List<RequestKey> sorted = new ArrayList<>(range);
    Collections.sort(sorted);
    List<RequestKey> computed = new ArrayList<>();
    List<RequestKey> copies = new ArrayList<>();
    List<RowRef> origins = new ArrayList<>();
    for (RequestKey key : sorted) {
      RequestKey before = computed.isEmpty() ? null : computed.get(computed.size() - 1);
      if (dedupe && before != null && before.isSameRequest(key)) {
        copies.add(key);
        origins.add(before.row());
      } else {
        computed.add(key);
      }
    }
    List<Move> moves = new ArrayList<>();
    Map<RowRef, RowRef> places = groupPrefixes ? group(computed, moves) : Map.of();
    for (int i = 0; i < copies.size(); i++) {
      RowRef origin = origins.get(i);
      moves.add(Move.copy(copies.get(i).row(), origin, places.getOrDefault(origin, origin)));
    }
    return moves;
  }

  private Map<RowRef, RowRef> group(List<RequestKey> computed, List<Move> moves) {
    Map<RowRef, RowRef> places = new HashMap<>();
    for (List<RequestKey> group : PrefixGroups.of(computed, total, maxGroup)) {
      RowRef first = group.stream().map(RequestKey::row).min(RowRef::compareTo).orElseThrow();
      int rank = 0;
      for (RequestKey key : group) {
        int followers = key.row().equals(first) ? group.size() - 1 : 0;
        moves.add(Move.member(key.row(), first, rank++, followers));
        places.put(key.row(), first);
      }
    }
    return places;
  }
}
