// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static dev.highbeam.runtime.api.Checks.checkState;

/**
 * Allocator of KV pages. Every page is in exactly one of three states: free (content worthless),
 * referenced (in the tables of one or, if published, several sequences), or cached-idle (published
 * in the prefix cache, in no table). Idle pages are given up in the order in which they became
 * idle, and only when no free page is left.
 *
 * <p>Keeps I1: free + referenced + cached-idle == pageCount after every call. Knows nothing of
 * sequences or models. Single-threaded.
 */
final class KvPagePool {

  private static final int NONE = -1;

  private final PrefixCache cache;
  private final int[] referenceCounts;

  /** Free pages as a stack. */
  private final int[] free;

  private int freeCount;

  /** Idle pages as a doubly linked list through the page ids, oldest first. */
  private final int[] idleNext;

  private final int[] idlePrevious;
  private int idleFirst = NONE;
  private int idleLast = NONE;
  private int idleCount;

  KvPagePool(int pageCount, PrefixCache cache) {
    this.cache = cache;
    referenceCounts = new int[pageCount];
    idleNext = new int[pageCount];
    idlePrevious = new int[pageCount];
    free = new int[pageCount];
    for (int page = pageCount - 1; page >= 0; page--) {
      free[freeCount++] = page;
    }
  }

  int pageCount() {
    return referenceCounts.length;
  }

  /** Pages that can be handed out now: the free and the idle ones. */
  int availableCount() {
    return freeCount + idleCount;
  }

  int referencedCount() {
    return pageCount() - freeCount - idleCount;
  }

  boolean isIdle(int page) {
    return referenceCounts[page] == 0 && cache.isPublished(page);
  }

  /** Appends count fresh pages to a table; the caller has made sure that they are available. */
  void allocate(int count, PageTable table) {
    checkState(
        count <= availableCount(), "%s pages asked for, %s available", count, availableCount());
    for (int i = 0; i < count; i++) {
      int page = freeCount > 0 ? free[--freeCount] : takeOldestIdle();
      referenceCounts[page] = 1;
      table.append(page);
    }
  }

  /** Appends a published page to one more table. */
  void share(int page, PageTable table) {
    checkState(cache.isPublished(page), "page %s is shared but not published", page);
    if (referenceCounts[page] == 0) {
      unlinkIdle(page);
    }
    referenceCounts[page]++;
    table.append(page);
  }

  /**
   * Takes all pages out of a table, tail first: the end of a prompt is less likely to be asked for
   * again than its beginning, so it is given up earlier.
   */
  void releaseAll(PageTable table) {
    while (table.count() > 0) {
      release(table.removeLast());
    }
  }

  /** Counts all pages from scratch; true if every page is in exactly one state (I1). */
  boolean isConsistent() {
    int idle = 0;
    for (int page = idleFirst; page != NONE; page = idleNext[page]) {
      if (!isIdle(page)) {
        return false;
      }
      idle++;
    }
    boolean[] isFree = new boolean[pageCount()];
    for (int i = 0; i < freeCount; i++) {
      if (isFree[free[i]] || referenceCounts[free[i]] != 0 || cache.isPublished(free[i])) {
        return false;
      }
      isFree[free[i]] = true;
    }
    int referenced = 0;
    for (int count : referenceCounts) {
      referenced += count > 0 ? 1 : 0;
    }
    return idle == idleCount && freeCount + idle + referenced == pageCount();
  }

  private void release(int page) {
    checkState(referenceCounts[page] > 0, "page %s is released but in no table", page);
    if (--referenceCounts[page] > 0) {
      return;
    }
    if (cache.isPublished(page)) {
      appendIdle(page);
    } else {
      free[freeCount++] = page;
    }
  }

  private int takeOldestIdle() {
    int page = idleFirst;
    unlinkIdle(page);
    cache.evict(page);
    return page;
  }

  private void appendIdle(int page) {
    idlePrevious[page] = idleLast;
    idleNext[page] = NONE;
    if (idleLast == NONE) {
      idleFirst = page;
    } else {
      idleNext[idleLast] = page;
    }
    idleLast = page;
    idleCount++;
  }

  private void unlinkIdle(int page) {
    int previous = idlePrevious[page];
    int next = idleNext[page];
    if (previous == NONE) {
      idleFirst = next;
    } else {
      idleNext[previous] = next;
    }
    if (next == NONE) {
      idleLast = previous;
    } else {
      idlePrevious[next] = previous;
    }
    idleCount--;
  }
}
