// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.List;
import java.util.Optional;

/**
 * The stop strings of a request. Finds where output must end: at the first token whose text
 * completes a stop string, and of those that it completes, at the one that begins first in the text
 * (of two at the same place, the one that stands first in the list). So the end depends on the
 * tokens alone, and not on how many of them were looked at together.
 *
 * <p>Immutable; a {@link Search} per output belongs to one thread.
 */
public final class StopStrings {
  private static final StopStrings NONE = new StopStrings(List.of());

  private final List<String> stops;

  /** failures[s][n] is the longest proper prefix of stop s that also ends its first n chars. */
  private final int[][] failures;

  private StopStrings(List<String> stops) {
    this.stops = stops;
    this.failures = new int[stops.size()][];
    for (int s = 0; s < failures.length; s++) {
      failures[s] = failures(stops.get(s));
    }
  }

  /** No stop strings. */
  public static StopStrings none() {
    return NONE;
  }

  /**
   * The stop strings of a request, in its order.
   *
   * @throws IllegalArgumentException if one of them is empty, since an empty text is everywhere
   */
  public static StopStrings of(List<String> stops) {
    if (stops.stream().anyMatch(String::isEmpty)) {
      throw new IllegalArgumentException("stop must not contain an empty string");
    }
    return new StopStrings(List.copyOf(stops));
  }

  /**
   * Where a stop string was found.
   *
   * @param stop the stop string
   * @param start where it begins in the text, in chars: the text before it is the output
   * @param end where it ends in the text
   * @param tokenCount how many tokens belong to the output, the last one being that which completed
   *     the stop string
   */
  public record Match(String stop, int start, int end, int tokenCount) {}

  /**
   * Begins a search over one output.
   *
   * @param minTokens a stop string that the first so many tokens complete does not count
   */
  public Search search(int minTokens) {
    if (minTokens < 0) {
      throw new IllegalArgumentException("minTokens must not be negative, was " + minTokens);
    }
    return new Search(minTokens);
  }

  private static int[] failures(String stop) {
    int[] failures = new int[stop.length() + 1];
    int matched = 0;
    for (int n = 1; n < stop.length(); n++) {
      while (matched > 0 && stop.charAt(n) != stop.charAt(matched)) {
        matched = failures[matched];
      }
      matched += stop.charAt(n) == stop.charAt(matched) ? 1 : 0;
      failures[n + 1] = matched;
    }
    return failures;
  }

  /**
   * The state of the search in one growing text: how much of each stop string its end matches. Each
   * char is looked at once for each stop string, however long the text and the strings are.
   */
  public final class Search {
    private final int[] matched = new int[stops.size()];
    private final int minTokens;
    private int textLength;
    private int tokenCount;

    private Search(int minTokens) {
      this.minTokens = minTokens;
    }

    /**
     * Takes the next token of an output.
     *
     * @param text the text of the output so far
     * @param newTextStart where in it the text of this token begins
     * @return where the output ends, if this token ends it
     */
    public Optional<Match> advance(CharSequence text, int newTextStart) {
      if (newTextStart != textLength) {
        throw new IllegalArgumentException(
            "newTextStart must be " + textLength + ", was " + newTextStart);
      }
      tokenCount++;
      textLength = text.length();
      Match first = null;
      for (int s = 0; s < matched.length; s++) {
        int end = firstEnd(s, text, newTextStart);
        int start = end - stops.get(s).length();
        if (end >= 0 && (first == null || start < first.start())) {
          first = new Match(stops.get(s), start, end, tokenCount);
        }
      }
      return tokenCount > minTokens ? Optional.ofNullable(first) : Optional.empty();
    }

    /** The end of the first occurrence of a stop string that ends in the new text, or -1. */
    private int firstEnd(int s, CharSequence text, int newTextStart) {
      String stop = stops.get(s);
      int end = -1;
      for (int i = newTextStart; i < text.length(); i++) {
        char c = text.charAt(i);
        while (matched[s] > 0 && (matched[s] == stop.length() || stop.charAt(matched[s]) != c)) {
          matched[s] = failures[s][matched[s]];
        }
        matched[s] += stop.charAt(matched[s]) == c ? 1 : 0;
        if (matched[s] == stop.length() && end < 0) {
          end = i + 1;
        }
      }
      return end;
    }
  }
}
