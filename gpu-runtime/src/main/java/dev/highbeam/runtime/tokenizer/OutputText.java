// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import dev.highbeam.runtime.tokenizer.StopStrings.Match;
import java.util.Optional;

/**
 * The text of one output as its tokens come: decodes them, watches for stop strings, and knows
 * where the output ends. Tokens behind the end change nothing, so it does not matter how late the
 * stop was noticed. Belongs to one thread.
 */
public final class OutputText {
  private final StreamDecoder decoder;
  private final StopStrings.Search search;
  private final int minTokens;
  private final StringBuilder text = new StringBuilder();
  private int tokenCount;
  private Optional<Match> match = Optional.empty();

  /**
   * @param decoder a fresh decoder, made for the prompt
   * @param minTokens a stop string is only looked for from the token after so many on
   */
  public OutputText(StreamDecoder decoder, StopStrings stops, int minTokens) {
    if (minTokens < 0) {
      throw new IllegalArgumentException("minTokens must not be negative, was " + minTokens);
    }
    this.decoder = decoder;
    this.search = stops.search();
    this.minTokens = minTokens;
  }

  /**
   * Takes the next token, unless the output has ended.
   *
   * @return whether the output has ended at a stop string
   */
  public boolean append(int tokenId) {
    if (match.isPresent()) {
      return true;
    }
    int before = text.length();
    decoder.append(tokenId, text);
    tokenCount++;
    return look(before);
  }

  /** Ends the output: a character that was never finished becomes U+FFFD. */
  public void finish() {
    if (match.isEmpty()) {
      int before = text.length();
      decoder.flush(text);
      look(before);
    }
  }

  private boolean look(int before) {
    Optional<Match> found = search.advance(text, before, text.length());
    if (tokenCount > minTokens) {
      match = found;
    }
    return match.isPresent();
  }

  /** The text so far; once a stop string was found, the text before it. */
  public String text() {
    return match.isPresent() ? text.substring(0, match.get().start()) : text.toString();
  }

  /** The tokens of the output: all that came, up to the one that completed a stop string. */
  public int tokenCount() {
    return tokenCount;
  }

  /** The stop string that ended the output, and where. */
  public Optional<Match> stop() {
    return match;
  }
}
