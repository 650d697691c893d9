// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.Arrays;

/**
 * Applies merges to the symbols of one word until none is left, always the one with the lowest
 * rank, leftmost first:
 *
 * <ol>
 *   <li>every neighbouring pair that can merge goes into a heap ordered by (rank, position);
 *   <li>the top is taken; if its pair has changed meanwhile, it is dropped;
 *   <li>the left symbol becomes the merged one, the right one leaves the list, and the two pairs
 *       around it enter the heap.
 * </ol>
 *
 * <p>O(n log n) in the number of symbols, whatever they are. Working memory of one thread for one
 * call; it grows with the longest word and is then thrown away.
 */
final class BpeMerger {
  private static final int GONE = -1;

  private final MergeTable merges;
  private int[] symbols = new int[64];
  private int[] previous = new int[64];
  private int[] next = new int[64];
  private int symbolCount;

  /** A binary heap of rank in the upper and position in the lower half. */
  private long[] heap = new long[64];

  private int heapSize;

  BpeMerger(MergeTable merges) {
    this.merges = merges;
  }

  /** Adds a symbol at the end of the word. */
  void add(int id) {
    if (symbolCount == symbols.length) {
      int capacity = symbolCount * 2;
      symbols = Arrays.copyOf(symbols, capacity);
      previous = Arrays.copyOf(previous, capacity);
      next = Arrays.copyOf(next, capacity);
    }
    symbols[symbolCount++] = id;
  }

  /** Merges the word, appends what is left to {@code out}, and is empty again. */
  void mergeInto(IdList out) {
    linkNeighbours();
    while (heapSize > 0) {
      long top = pop();
      mergeAt((int) top, (int) (top >>> 32));
    }
    for (int i = 0; i < symbolCount; i++) {
      if (symbols[i] != GONE) {
        out.add(symbols[i]);
      }
    }
    symbolCount = 0;
  }

  private void linkNeighbours() {
    for (int i = 0; i < symbolCount; i++) {
      previous[i] = i - 1;
      next[i] = i + 1;
    }
    for (int i = 0; i + 1 < symbolCount; i++) {
      pushIfMergeable(i, i + 1);
    }
  }

  private void mergeAt(int position, int rank) {
    if (symbols[position] == GONE || next[position] == symbolCount) {
      return;
    }
    int right = next[position];
    int slot = merges.find(symbols[position], symbols[right]);
    if (slot < 0 || merges.rank(slot) != rank) {
      return;
    }
    symbols[position] = merges.mergedId(slot);
    symbols[right] = GONE;
    int after = next[right];
    next[position] = after;
    if (after < symbolCount) {
      previous[after] = position;
      pushIfMergeable(position, after);
    }
    if (previous[position] >= 0) {
      pushIfMergeable(previous[position], position);
    }
  }

  private void pushIfMergeable(int left, int right) {
    int slot = merges.find(symbols[left], symbols[right]);
    if (slot >= 0) {
      push(((long) merges.rank(slot) << 32) | left);
    }
  }

  private void push(long entry) {
    if (heapSize == heap.length) {
      heap = Arrays.copyOf(heap, heapSize * 2);
    }
    int child = heapSize++;
    while (child > 0) {
      int parent = (child - 1) >>> 1;
      if (heap[parent] <= entry) {
        break;
      }
      heap[child] = heap[parent];
      child = parent;
    }
    heap[child] = entry;
  }

  private long pop() {
    long top = heap[0];
    long last = heap[--heapSize];
    int parent = 0;
    int child = 1;
    while (child < heapSize) {
      if (child + 1 < heapSize && heap[child + 1] < heap[child]) {
        child++;
      }
      if (heap[child] >= last) {
        break;
      }
      heap[parent] = heap[child];
      parent = child;
      child = 2 * parent + 1;
    }
    heap[parent] = last;
    return top;
  }
}
