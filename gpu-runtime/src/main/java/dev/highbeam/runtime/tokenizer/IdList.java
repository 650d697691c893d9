// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.Arrays;

/** A growing list of ints without boxes. Used by one thread. */
final class IdList {
  private int[] items;
  private int size;

  IdList(int expectedSize) {
    items = new int[Math.max(8, expectedSize)];
  }

  void add(int item) {
    if (size == items.length) {
      items = Arrays.copyOf(items, Math.max(size * 2, size + 8));
    }
    items[size++] = item;
  }

  void addAll(int[] more) {
    if (items.length - size < more.length) {
      items = Arrays.copyOf(items, Math.max(items.length * 2, size + more.length));
    }
    System.arraycopy(more, 0, items, size, more.length);
    size += more.length;
  }

  int get(int index) {
    return items[index];
  }

  void set(int index, int item) {
    items[index] = item;
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  /** A copy of the items from an index to the end. */
  int[] copyFrom(int index) {
    return Arrays.copyOfRange(items, index, size);
  }

  int[] toArray() {
    return Arrays.copyOf(items, size);
  }
}
