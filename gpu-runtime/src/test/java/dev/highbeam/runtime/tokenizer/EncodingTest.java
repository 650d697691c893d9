// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.tokenizer.Tokenizer.SpecialText;
import dev.highbeam.runtime.tokenizer.Tokenizer.Specials;
import java.io.IOException;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every text: it comes back, it is quick, and threads do not matter. */
class EncodingTest {
  private static final int LONG_ROW_CHARS = 1_000_000;

  @ParameterizedTest
  @ValueSource(strings = {"stories260k/hf", "ort_ext_tokenizers/phi-2", "qwen2_tokenizer"})
  void givenTextsOfManyScripts_encodesAndDecodes_theyComeBack(String folder) throws IOException {
    Tokenizer tokenizer = Tokenizers.load(SharedData.require(folder));
    boolean normalizes = folder.startsWith("qwen");
    MixedScripts texts = new MixedScripts(99);
    for (int i = 0; i < 1000; i++) {
      String text = texts.next(40);
      String expected = normalizes ? java.text.Normalizer.normalize(text, Form.NFC) : text;
      // The added tokens of Llama's kind part a text, and each part gets a blank in front.
      if (folder.startsWith("stories") && text.matches("(?s).*<(s|/s|unk)>.*|.*▁.*")) {
        continue;
      }
      int[] ids = tokenizer.encode(text, Specials.OMIT);
      assertThat(tokenizer.decode(ids, SpecialText.KEEP))
          .as(MixedScripts.shown(text))
          .isEqualTo(expected);
      assertThat(Arrays.stream(ids).boxed())
          .allMatch(id -> id >= 0 && id < tokenizer.vocabularySize());
    }
  }

  @Property(tries = 2000, seed = "2611")
  void givenAnyJavaString_encodesAndDecodes_onlyLoneSurrogatesChange(@ForAll String text)
      throws IOException {
    Tokenizer bytes = SmallTokenizers.bytesOnly();
    StringBuilder expected = new StringBuilder();
    text.codePoints()
        .forEach(
            c ->
                expected.appendCodePoint(
                    c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c));
    int[] ids = bytes.encode(text, Specials.ADD);
    assertThat(bytes.decode(ids, SpecialText.SKIP)).isEqualTo(expected.toString());
  }

  @Test
  void givenLoneSurrogates_encode_countsEachAsOneReplacement() throws IOException {
    Tokenizer bytes = SmallTokenizers.bytesOnly();
    assertThat(bytes.encode("a\uD83D\uD83Db\uDE00", Specials.OMIT))
        .containsExactly('a', 0xEF, 0xBF, 0xBD, 0xEF, 0xBF, 0xBD, 'b', 0xEF, 0xBF, 0xBD);
    assertThat(bytes.encode("\uD83D\uDE00", Specials.OMIT)).containsExactly(0xF0, 0x9F, 0x98, 0x80);
  }

  @ParameterizedTest
  @ValueSource(strings = {"stories260k/hf", "ort_ext_tokenizers/phi-2", "qwen2_tokenizer"})
  @Timeout(120) // A quadratic step would take hours; a slow machine takes a few seconds.
  void givenLongRowsOfOneKind_encode_isNotSlow(String folder) throws IOException {
    Tokenizer tokenizer = Tokenizers.load(SharedData.require(folder));
    for (String part : List.of("a", " ", "\n", "你", ".", "<|im_", "▁")) {
      String text = part.repeat(LONG_ROW_CHARS / part.length());
      int[] ids = tokenizer.encode(text, Specials.OMIT);
      assertThat(ids).hasSizeGreaterThan(1000);
      assertThat(tokenizer.decode(ids, SpecialText.KEEP).length())
          .isBetween(text.length() - 1, text.length());
    }
  }

  @Test
  void givenManyThreads_encode_givesEachWhatOneThreadGets() throws IOException {
    Tokenizer tokenizer = Tokenizers.load(SharedData.require("ort_ext_tokenizers/phi-2"));
    Tokenizer alone = Tokenizers.load(SharedData.require("ort_ext_tokenizers/phi-2"));
    MixedScripts mixed = new MixedScripts(4);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      texts.add(mixed.next(60));
    }
    List<int[]> shared =
        IntStream.range(0, texts.size())
            .parallel()
            .mapToObj(i -> tokenizer.encode(texts.get(i), Specials.ADD))
            .toList();
    for (int i = 0; i < texts.size(); i++) {
      assertThat(shared.get(i)).isEqualTo(alone.encode(texts.get(i), Specials.ADD));
    }
  }

  @Test
  void givenMoreWordsThanTheCacheHolds_encode_stillGivesTheSameTokens() throws IOException {
    Tokenizer tokenizer = SmallTokenizers.bytesOnly();
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 100_000; i++) {
        String word = Integer.toString(i, 36);
        assertThat(tokenizer.encode(word, Specials.OMIT)).isEqualTo(word.chars().toArray());
      }
    }
  }

  @Test
  void givenTemplatesInSequence_encodes_putsTheLaterOneOutside() throws IOException {
    String processors =
        "{\"type\":\"Sequence\",\"processors\":["
            + String.join(",", TokenizerFiles.BYTE_LEVEL_STEP, template(1, 2, 3), template(4, 5, 6))
            + "]}";
    Tokenizer tokenizer =
        SmallTokenizers.of(
            TokenizerFiles.bytesOnly(TokenizerFiles.GPT2_STEPS)
                .replace("\"post_processor\":null", "\"post_processor\":" + processors));
    assertThat(tokenizer.encode("a", Specials.OMIT)).containsExactly('a');
    assertThat(tokenizer.encode("a", Specials.ADD)).containsExactly(4, 5, 1, 2, 'a', 3, 6);
  }

  /** A template with two ids in front of the text and one behind it. */
  private static String template(int first, int second, int last) {
    String part = "{\"SpecialToken\":{\"id\":\"%s\",\"type_id\":0}}";
    String text = "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}";
    return "{\"type\":\"TemplateProcessing\",\"single\":["
        + String.join(",", part.formatted("x"), text, part.formatted("y"))
        + "],\"pair\":["
        + text
        + ","
        + text.replace("\"A\"", "\"B\"")
        + "],\"special_tokens\":{\"x\":{\"id\":\"x\",\"ids\":["
        + first
        + ","
        + second
        + "],\"tokens\":[\"p\",\"q\"]},\"y\":{\"id\":\"y\",\"ids\":["
        + last
        + "],\"tokens\":[\"r\"]}}}";
  }
}
