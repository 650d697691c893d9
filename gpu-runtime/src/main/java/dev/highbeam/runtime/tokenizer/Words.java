// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/**
 * A stretch of text and the words it has been cut into so far: what one {@link PreTokenizer} hands
 * to the next. Words are [start, end) ranges of the text, in order, never empty, not overlapping;
 * text between them has been dropped. Used by one thread.
 */
final class Words {
  private final String text;
  private final TextPlace place;
  private final IdList bounds;

  /** Where the stretch stands in the text that is encoded. */
  enum TextPlace {
    AT_START,
    LATER
  }

  /** No words yet; the maker adds them. */
  Words(String text, TextPlace place, int expectedCount) {
    this.text = text;
    this.place = place;
    this.bounds = new IdList(2 * expectedCount);
  }

  /** The whole stretch as one word, or none where it is empty. */
  static Words whole(String text, TextPlace place) {
    Words words = new Words(text, place, 1);
    words.add(0, text.length());
    return words;
  }

  /** Words that follow each other without gaps and end at the given indexes. */
  static Words endingAt(IdList ends, String text, TextPlace place) {
    Words words = new Words(text, place, ends.size());
    int start = 0;
    for (int i = 0; i < ends.size(); i++) {
      words.add(start, ends.get(i));
      start = ends.get(i);
    }
    return words;
  }

  /** Adds a word behind the others; an empty range adds nothing. */
  void add(int start, int end) {
    if (start < end) {
      bounds.add(start);
      bounds.add(end);
    }
  }

  String text() {
    return text;
  }

  TextPlace place() {
    return place;
  }

  int count() {
    return bounds.size() / 2;
  }

  int start(int word) {
    return bounds.get(2 * word);
  }

  int end(int word) {
    return bounds.get(2 * word + 1);
  }
}
