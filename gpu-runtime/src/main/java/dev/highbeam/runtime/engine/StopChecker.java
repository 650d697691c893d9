// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.tokenizer.StreamDecoder;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds the end of one sequence in its own tokens: an end or stop token id, or the first stop text.
 * What it finds depends on the tokens alone, never on when it is asked. Text is decoded only for
 * requests that have stop texts.
 */
final class StopChecker {

  private final IntPredicate isEos;
  private final SamplingParams sampling;
  private final @Nullable StreamDecoder decoder;
  private final StringBuilder text = new StringBuilder();
  private final int longestStop;
  private @Nullable String stopReason;
  private int silentTokenCount;
  private int textEnd = -1;

  StopChecker(SamplingParams sampling, IntPredicate isEos, Tokenizer tokenizer) {
    this.sampling = sampling;
    this.isEos = isEos;
    List<String> stops = sampling.stop();
    longestStop = stops.stream().mapToInt(String::length).max().orElse(0);
    decoder =
        stops.isEmpty()
            ? null
            : tokenizer.streamDecoder(
                sampling.skipSpecialTokens()
                    ? Tokenizer.SpecialText.SKIP
                    : Tokenizer.SpecialText.KEEP);
  }

  /** Takes the next token; true if it ends the sequence. The count includes this token. */
  boolean accept(int token, int outputTokenCount) {
    if (outputTokenCount >= sampling.minTokens() && endsById(token)) {
      // As with stop texts, what ends a sample is no part of its text unless asked for.
      silentTokenCount = sampling.includeStopStringInOutput() ? 0 : 1;
      return true;
    }
    if (decoder == null) {
      return false;
    }
    int checkedLength = text.length();
    decoder.append(token, text);
    // Stop texts count only in text that min_tokens allows to end.
    return outputTokenCount > sampling.minTokens()
        && findStopText(Math.max(0, checkedLength - longestStop + 1));
  }

  /** The stop text or stop token id that ended the sequence; null for end of sequence. */
  @Nullable String stopReason() {
    return stopReason;
  }

  /** Last tokens whose text does not count: 1 after an end by token id, else 0. */
  int silentTokenCount() {
    return silentTokenCount;
  }

  /** Characters of the text that count, or -1 for all. */
  int textEnd() {
    return textEnd;
  }

  private boolean endsById(int token) {
    if (!sampling.ignoreEos() && isEos.test(token)) {
      return true;
    }
    if (sampling.stopTokenIds().contains(token)) {
      stopReason = Integer.toString(token);
      return true;
    }
    return false;
  }

  /** The match that begins first wins; of those that begin together, the first listed. */
  private boolean findStopText(int from) {
    int start = -1;
    for (String stop : sampling.stop()) {
      int found = text.indexOf(stop, from);
      if (found >= 0 && (start < 0 || found < start)) {
        start = found;
        stopReason = stop;
      }
    }
    if (start < 0 || stopReason == null) {
      return false;
    }
    textEnd = sampling.includeStopStringInOutput() ? start + stopReason.length() : start;
    return true;
  }
}
