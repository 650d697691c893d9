// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.Arrays;

/**
 * The merges of a BPE model: which two neighbouring tokens may become which one, and how early. A
 * hash table with open addressing over primitive arrays, since a large vocabulary has half a
 * million merges and every word asks for several.
 *
 * <p>Filled by one thread while a tokenizer is built, then only read.
 */
final class MergeTable {
  private static final long EMPTY = -1L;

  private final long[] pairs;
  private final int[] ranks;
  private final int[] merged;
  private final int mask;

  MergeTable(int mergeCount) {
    // At most half full, so that a search for an absent pair ends soon.
    int capacity = Integer.highestOneBit(Math.max(4, mergeCount)) << 2;
    pairs = new long[capacity];
    ranks = new int[capacity];
    merged = new int[capacity];
    mask = capacity - 1;
    Arrays.fill(pairs, EMPTY);
  }

  /** Enters a merge; a later entry for the same pair replaces the earlier one. */
  void put(int left, int right, int rank, int mergedId) {
    long pair = pair(left, right);
    int slot = slotOf(pair);
    pairs[slot] = pair;
    ranks[slot] = rank;
    merged[slot] = mergedId;
  }

  /** The slot of a pair, or -1 where the two never merge. */
  int find(int left, int right) {
    int slot = slotOf(pair(left, right));
    return pairs[slot] == EMPTY ? -1 : slot;
  }

  /** How early the merge is applied; the lowest goes first. */
  int rank(int slot) {
    return ranks[slot];
  }

  int mergedId(int slot) {
    return merged[slot];
  }

  private int slotOf(long pair) {
    long hash = pair * 0x9E3779B97F4A7C15L;
    int slot = (int) (hash >>> 32) & mask;
    while (pairs[slot] != EMPTY && pairs[slot] != pair) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static long pair(int left, int right) {
    return ((long) left << 32) | right;
  }
}
