// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.transforms.arrange;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which requests are to be computed next to each other, because they begin alike. The hashes of
 * their beginnings are levels of a tree: the largest subtree that is small enough is a group, so
 * that a group shares its beginning and parts of it share more. What so many requests share that it
 * is in use anyway (instructions before every prompt) makes no group. Pure functions.
 */
final class PrefixGroups {

  /** A beginning that one in so many requests has is never given up by a cache. */
  private static final int EVERYWHERE = 8;

  /** Requests of a group that lie this close to each other need no new places. */
  private static final int NEAR = 4;

  private final List<RequestKey> keys;
  private final long total;
  private final int maxGroup;
  private final List<List<RequestKey>> groups = new ArrayList<>();

  private PrefixGroups(List<RequestKey> keys, long total, int maxGroup) {
    this.keys = keys;
    this.total = total;
    this.maxGroup = maxGroup;
  }

  /**
   * The groups, each in the order in which it is best computed.
   *
   * @param keys of different requests, sorted
   * @param total requests of the job
   * @param maxGroup requests in a group at most
   */
  static List<List<RequestKey>> of(List<RequestKey> keys, long total, int maxGroup) {
    PrefixGroups groups = new PrefixGroups(keys, total, maxGroup);
    groups.divide(0, keys.size(), 0);
    return groups.groups;
  }

  /** Looks at the keys from one to another, which agree in all levels before this one. */
  private void divide(int from, int to, int level) {
    int count = to - from;
    boolean isShared = level > 0 && (long) count * EVERYWHERE < total;
    if (isShared && count <= maxGroup) {
      add(keys.subList(from, to));
      return;
    }
    List<RequestKey> rest = new ArrayList<>();
    int start = from;
    while (start < to) {
      int end = level == PrefixHashes.LEVELS ? start + 1 : endOfEqual(start, to, level);
      boolean isTooShort =
          level == PrefixHashes.LEVELS || keys.get(start).prefix(level) == PrefixHashes.NONE;
      if (end - start == 1 || isTooShort) {
        rest.addAll(keys.subList(start, end));
      } else {
        divide(start, end, level + 1);
      }
      start = end;
    }
    if (isShared) {
      rest.sort(Comparator.comparing(RequestKey::row));
      for (int i = 0; i < rest.size(); i += maxGroup) {
        add(rest.subList(i, Math.min(rest.size(), i + maxGroup)));
      }
    }
  }

  private int endOfEqual(int start, int to, int level) {
    int end = start + 1;
    while (end < to && keys.get(end).prefix(level) == keys.get(start).prefix(level)) {
      end++;
    }
    return end;
  }

  private void add(List<RequestKey> group) {
    if (group.size() > 1 && !isTogether(group)) {
      List<RequestKey> ordered = new ArrayList<>(group);
      ordered.sort(RequestKey.BEGINNING);
      groups.add(ordered);
    }
  }

  private static boolean isTogether(List<RequestKey> group) {
    List<RowRef> rows = group.stream().map(RequestKey::row).sorted().toList();
    for (int i = 1; i < rows.size(); i++) {
      RowRef row = rows.get(i);
      RowRef before = rows.get(i - 1);
      boolean isNear =
          row.split() == before.split()
              ? row.index() - before.index() <= NEAR
              : row.split() == before.split() + 1 && row.index() < NEAR;
      if (!isNear) {
        return false;
      }
    }
    return true;
  }
}
