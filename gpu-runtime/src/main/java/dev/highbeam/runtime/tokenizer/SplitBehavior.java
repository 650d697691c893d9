// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/** What becomes of the matches of a pattern when a text is cut by it. */
enum SplitBehavior {
  /** Matches vanish; what is between them are the words. */
  REMOVED,
  /** The opposite: matches are the words, what is between them vanishes. */
  ONLY_MATCHES,
  /** Matches and what is between them are words. */
  ISOLATED,
  /** A match belongs to the word before it, unless that is a match too. */
  MERGED_WITH_PREVIOUS,
  /** A match belongs to the word behind it, unless that is a match too. */
  MERGED_WITH_NEXT,
  /** Matches that touch are one word. */
  CONTIGUOUS
}
