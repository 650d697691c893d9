// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.engine;

import dev.highbeam.runtime.api.SamplingParams;
import dev.highbeam.runtime.tokenizer.StopStrings;
import dev.highbeam.runtime.tokenizer.StreamDecoder;
import dev.highbeam.runtime.tokenizer.Tokenizer;
import java.util.Optional;
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

  private final StopStrings.Search search;
  private @Nullable String stopReason;
  private int silentTokenCount;
  private int textEnd = -1;

  StopChecker(
      SamplingParams sampling, int[] promptTokenIds, IntPredicate isEos, Tokenizer tokenizer) {
    this.sampling = sampling;
    this.isEos = isEos;
    search = StopStrings.of(sampling.stop()).search(sampling.minTokens());
    decoder =
        sampling.stop().isEmpty()
            ? null
            : tokenizer.streamDecoder(
                promptTokenIds,
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
    int newTextStart = text.length();
    decoder.append(token, text);
    Optional<StopStrings.Match> match = search.advance(text, newTextStart);
    if (match.isEmpty()) {
      return false;
    }
    stopReason = match.get().stop();
    textEnd = sampling.includeStopStringInOutput() ? match.get().end() : match.get().start();
    return true;
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
}
