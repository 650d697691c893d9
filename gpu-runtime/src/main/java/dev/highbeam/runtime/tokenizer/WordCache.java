// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import org.jspecify.annotations.Nullable;

/**
 * Remembers the tokens of short words: most words of a text have been seen before.
 *
 * <p>One slot per hash value, so the size is fixed and a new word simply takes the place of an old
 * one. Threads share it without a lock: an entry is immutable with final fields, so a reader sees a
 * whole entry or none, and a lost write costs one more computation of the same tokens.
 */
final class WordCache {
  private static final int SLOTS = 1 << 15;

  /** Longer words are rare, and a bound on the length bounds the memory. */
  private static final int MAX_CHARS = 40;

  private final @Nullable Entry[] slots = new @Nullable Entry[SLOTS];

  /** The tokens of {@code text[start, end)}, or null where they are not remembered. */
  int @Nullable [] find(String text, int start, int end) {
    int length = end - start;
    if (length > MAX_CHARS) {
      return null;
    }
    Entry entry = slots[slotOf(text, start, end)];
    return entry != null
            && entry.word.length() == length
            && text.regionMatches(start, entry.word, 0, length)
        ? entry.tokenIds
        : null;
  }

  /** Remembers tokens; the array belongs to the cache from now on. */
  void remember(String text, int start, int end, int[] tokenIds) {
    if (end - start <= MAX_CHARS) {
      slots[slotOf(text, start, end)] = new Entry(text.substring(start, end), tokenIds);
    }
  }

  private static int slotOf(String text, int start, int end) {
    int hash = 0;
    for (int i = start; i < end; i++) {
      hash = hash * 31 + text.charAt(i);
    }
    hash *= 0x9E3779B9;
    return (hash >>> 16 ^ hash) & (SLOTS - 1);
  }

  private static final class Entry {
    final String word;
    final int[] tokenIds;

    Entry(String word, int[] tokenIds) {
      this.word = word;
      this.tokenIds = tokenIds;
    }
  }
}
