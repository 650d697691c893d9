// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A byte-level BPE vocabulary of any size whose words every tokenizer cuts alike: a word is a blank
 * and some syllables of one letter of a to m and one of n to z, and is one token. Merges join
 * letters to syllables, then the blank and syllables from the left, so that no two merges ever
 * compete and no order of merging gives other tokens.
 *
 * <p>Texts are in GPT-2's alphabet of bytes, in which a blank is Ġ.
 */
final class SyntheticVocabulary {

  private static final String BLANK = "Ġ";
  private static final int LETTERS = 13;

  private final List<String> tokens = new ArrayList<>();
  private final List<String> merges = new ArrayList<>();
  private final int firstWord;
  private final int textTokens;

  /**
   * @param textTokens tokens that stand for text: the bytes, the syllables, words
   * @param size all tokens; those behind the text's are special
   */
  SyntheticVocabulary(int textTokens, int size) {
    this.textTokens = textTokens;
    addBytes();
    List<String> syllables = addSyllables();
    firstWord = tokens.size();
    addWords(syllables);
    for (int id = textTokens; id < size; id++) {
      tokens.add("<|special_" + (id - textTokens) + "|>");
    }
  }

  static SyntheticVocabulary of(ModelShape shape) {
    return new SyntheticVocabulary(shape.textTokens(), shape.vocabulary());
  }

  /** By id. */
  List<String> tokens() {
    return tokens;
  }

  /** Pairs with a blank between, the first to be joined first. */
  List<String> merges() {
    return merges;
  }

  int textTokens() {
    return textTokens;
  }

  /** A text of so many words, which are as many tokens. */
  String prompt(int words, Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < words; i++) {
      text.append(tokens.get(firstWord + random.nextInt(textTokens - firstWord)));
    }
    return text.toString().replace(BLANK, " ");
  }

  /** The 256 bytes: printable ones as themselves, others from U+0100 on. */
  private void addBytes() {
    int next = 0x100;
    for (int value = 0; value < 256; value++) {
      boolean isPrintable =
          (value >= '!' && value <= '~')
              || (value >= 0xA1 && value <= 0xAC)
              || (value >= 0xAE && value <= 0xFF);
      tokens.add(String.valueOf((char) (isPrintable ? value : next++)));
    }
  }

  private List<String> addSyllables() {
    List<String> syllables = new ArrayList<>();
    for (int first = 0; first < LETTERS; first++) {
      for (int second = 0; second < LETTERS; second++) {
        syllables.add(join(letter('a', first), letter('n', second)));
      }
    }
    return syllables;
  }

  /** Words of one syllable, then of two, until there are enough. */
  private void addWords(List<String> syllables) {
    List<String> stems = List.of(BLANK);
    while (true) {
      List<String> longer = new ArrayList<>();
      for (String stem : stems) {
        for (String syllable : syllables) {
          if (tokens.size() == textTokens) {
            return;
          }
          longer.add(join(stem, syllable));
        }
      }
      stems = longer;
    }
  }

  private String join(String left, String right) {
    merges.add(left + " " + right);
    tokens.add(left + right);
    return left + right;
  }

  private static String letter(char first, int offset) {
    return String.valueOf((char) (first + offset));
  }
}
