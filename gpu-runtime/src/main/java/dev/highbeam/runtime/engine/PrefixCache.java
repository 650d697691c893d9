// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import static dev.highbeam.runtime.api.Checks.checkState;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which pages hold which content: full pages wholly of PROMPT tokens, by their chained hash. Knows
 * nothing of who uses a page; {@link KvPagePool} tells it when a page is given up. One content has
 * at most one page: a second page with equal content stays unpublished.
 */
final class PrefixCache {

  private final Map<PageHash, Integer> pages = new HashMap<>();
  private final @Nullable PageHash[] hashes;

  PrefixCache(int pageCount) {
    hashes = new PageHash[pageCount];
  }

  /** The page of that content, or -1. */
  int lookup(PageHash hash) {
    Integer page = pages.get(hash);
    return page == null ? -1 : page;
  }

  /** Makes a page findable, unless its content already has one. */
  void publish(PageHash hash, int page) {
    checkState(hashes[page] == null, "page %s is published already", page);
    if (pages.putIfAbsent(hash, page) == null) {
      hashes[page] = hash;
    }
  }

  boolean isPublished(int page) {
    return hashes[page] != null;
  }

  /** Forgets a page that gets new content. */
  void evict(int page) {
    PageHash hash = hashes[page];
    checkState(hash != null, "page %s is not published", page);
    pages.remove(hash);
    hashes[page] = null;
  }

  int publishedCount() {
    return pages.size();
  }
}
