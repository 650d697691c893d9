// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import java.util.Arrays;

/**
 * The pages of one sequence in the order of positions; append-only until the sequence gives all of
 * them back. Position p lives in slot page(p / pageSize) * pageSize + p % pageSize.
 */
final class PageTable {

  private int[] pages = new int[8];
  private int count;

  int count() {
    return count;
  }

  int page(int index) {
    return pages[index];
  }

  void append(int page) {
    if (count == pages.length) {
      pages = Arrays.copyOf(pages, count * 2);
    }
    pages[count++] = page;
  }

  /** Takes the last page off. */
  int removeLast() {
    return pages[--count];
  }

  /** Where the keys and values of a position live. */
  int slot(int position, int pageSize) {
    return pages[position / pageSize] * pageSize + position % pageSize;
  }

  /** Copies the first pageCount page ids; returns the end of the copy. */
  int copyTo(int[] target, int offset, int pageCount) {
    System.arraycopy(pages, 0, target, offset, pageCount);
    return offset + pageCount;
  }
}
