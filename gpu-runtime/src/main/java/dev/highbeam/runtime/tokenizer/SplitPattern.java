// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * A regular expression of a tokenizer file, written by hand as a scanner: it says how far a match
 * reaches that begins exactly here. Each scanner looks at a character a bounded number of times in
 * the walk over a text, so no text makes it slow, which no general engine can promise.
 */
interface SplitPattern {
  /**
   * The end of the match that begins at {@code at}, or {@code at} where none does.
   *
   * @param at an index before {@code end}, at the start of a character
   * @param end where the text ends for this pattern; nothing behind it is looked at
   */
  int matchEnd(String text, int at, int end);
}
