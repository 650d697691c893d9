// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SyntheticVocabularyTest {

  @Test
  void givenSizeOfQwen_tokens_allOthers() {
    SyntheticVocabulary vocabulary = SyntheticVocabulary.of(ModelShape.QWEN_HALF);

    assertThat(vocabulary.tokens()).hasSize(151_936);
    assertThat(new HashSet<>(vocabulary.tokens())).hasSize(151_936);
    assertThat(vocabulary.tokens().get(151_643)).isEqualTo("<|special_0|>");
  }

  @Test
  void givenTokens_merges_oneForEachThatIsNoByte() {
    SyntheticVocabulary vocabulary = new SyntheticVocabulary(600, 608);

    List<String> merged =
        vocabulary.merges().stream().map(merge -> merge.replace(" ", "")).toList();

    assertThat(merged).isEqualTo(vocabulary.tokens().subList(256, 600));
  }

  @Test
  void givenSeeds_prompt_sameForOneOthersForAnother() {
    SyntheticVocabulary vocabulary = new SyntheticVocabulary(4088, 4096);

    String prompt = vocabulary.prompt(5, new Random(7));

    assertThat(prompt).startsWith(" ").isEqualTo(vocabulary.prompt(5, new Random(7)));
    assertThat(prompt.strip().split(" ")).hasSize(5);
    assertThat(vocabulary.prompt(5, new Random(8))).isNotEqualTo(prompt);
  }
}
