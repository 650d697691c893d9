// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import java.util.List;

/**
 * One step on the way from a text to the words that a BPE model sees: cuts words into smaller ones,
 * or rewrites the text of each. Tokens never reach across two words. Stateless, for any thread.
 */
interface PreTokenizer {
  Words apply(Words words);

  /** The steps one after the other; none at all leaves the text one word. */
  static PreTokenizer sequence(List<PreTokenizer> steps) {
    List<PreTokenizer> fixed = List.copyOf(steps);
    return words -> {
      Words current = words;
      for (PreTokenizer step : fixed) {
        current = step.apply(current);
      }
      return current;
    };
  }
}
