// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.tokenizer.Tokenizer.SpecialText;
import dev.highbeam.runtime.tokenizer.Tokenizer.Specials;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Equal token ids and equal text as the Hugging Face library, on random texts of many scripts. */
class OracleTest {
  private static final int TEXTS = Integer.getInteger("highbeam.oracleTexts", 2000);

  @ParameterizedTest
  @ValueSource(strings = {"stories260k/hf", "ort_ext_tokenizers/phi-2", "qwen2_tokenizer"})
  void givenRandomTexts_encodes_equalsHuggingFace(String folder) throws IOException {
    Path model = SharedData.require(folder);
    Tokenizer tokenizer = Tokenizers.load(model);
    try (HuggingFaceOracle oracle = HuggingFaceOracle.open(model.resolve("tokenizer.json"))) {
      MixedScripts texts = new MixedScripts(20260101);
      for (int i = 0; i < TEXTS; i++) {
        String text = texts.next(40);
        assertThat(tokenizer.encode(text, Specials.OMIT))
            .as("text %d: %s", i, MixedScripts.shown(text))
            .isEqualTo(oracle.encode(text, Specials.OMIT));
        int[] ids = tokenizer.encode(text, Specials.ADD);
        assertThat(ids).isEqualTo(oracle.encode(text, Specials.ADD));
        for (SpecialText specials : SpecialText.values()) {
          assertThat(tokenizer.decode(ids, specials))
              .as("text %d: %s", i, MixedScripts.shown(text))
              .isEqualTo(oracle.decode(ids, specials));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ort_ext_tokenizers/phi-2", "qwen2_tokenizer"})
  void givenRandomIds_decodes_equalsHuggingFaceAlsoOnBrokenBytes(String folder) throws IOException {
    Path model = SharedData.require(folder);
    Tokenizer tokenizer = Tokenizers.load(model);
    SplittableRandom random = new SplittableRandom(7);
    try (HuggingFaceOracle oracle = HuggingFaceOracle.open(model.resolve("tokenizer.json"))) {
      for (int i = 0; i < TEXTS; i++) {
        // The first 256 ids are the bytes: sequences of these are mostly broken.
        int limit = random.nextBoolean() ? 256 : tokenizer.vocabularySize() + 100;
        int[] ids = random.ints(random.nextInt(12), 0, limit).toArray();
        for (SpecialText specials : SpecialText.values()) {
          assertThat(tokenizer.decode(ids, specials))
              .as("ids %s", ids)
              .isEqualTo(oracle.decode(ids, specials));
        }
      }
    }
  }
}
