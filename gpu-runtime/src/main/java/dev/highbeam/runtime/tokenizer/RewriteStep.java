// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * Writes the text of every word anew: replaces blanks by a marker and puts a marker in front.
 * Serves ByteLevel's add_prefix_space (the marker is the blank itself) and Metaspace.
 */
final class RewriteStep implements PreTokenizer {
  private final char marker;
  private final Prefix prefix;

  /** Which words get a marker in front, if they do not begin with one. */
  enum Prefix {
    NEVER,
    /** Only a word at the very start of the text that is encoded. */
    AT_TEXT_START,
    ALWAYS
  }

  RewriteStep(char marker, Prefix prefix) {
    this.marker = marker;
    this.prefix = prefix;
  }

  @Override
  public Words apply(Words words) {
    StringBuilder text = new StringBuilder(words.text().length() + words.count() + 8);
    IdList ends = new IdList(words.count());
    for (int i = 0; i < words.count(); i++) {
      String word = words.text().substring(words.start(i), words.end(i)).replace(' ', marker);
      if (word.charAt(0) != marker && wantsPrefix(words, i)) {
        text.append(marker);
      }
      text.append(word);
      ends.add(text.length());
    }
    return Words.endingAt(ends, text.toString(), words.place());
  }

  private boolean wantsPrefix(Words words, int word) {
    return switch (prefix) {
      case NEVER -> false;
      case AT_TEXT_START -> words.place() == Words.TextPlace.AT_START && words.start(word) == 0;
      case ALWAYS -> true;
    };
  }
}
