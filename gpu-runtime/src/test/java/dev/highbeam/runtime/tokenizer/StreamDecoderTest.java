// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.tokenizer.Tokenizer.SpecialText;
import dev.highbeam.runtime.tokenizer.Tokenizer.Specials;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/**
 * Streams over three small tokenizers that drop different things at the start of a text. In each of
 * them id 0 is special, 1 has a leading blank, 2 is a letter, 3 to 6 are the bytes of a llama, 7 is
 * a blank by itself, 8 has no token.
 */
class StreamDecoderTest {
  private static final String SPECIAL =
      "[{\"id\":0,\"content\":\"<s>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
          + "\"normalized\":false,\"special\":true}]";

  private static final String LLAMA_PIECES =
      "{\"<s>\":0,\"▁Once\":1,\"a\":2,\"<0xF0>\":3,\"<0x9F>\":4,\"<0xA6>\":5,\"<0x99>\":6,\"▁\":7,"
          + "\"last\":9}";

  private static final Tokenizer LLAMA =
      tokenizer(
          LLAMA_PIECES,
          """
          {"type":"Sequence","decoders":[
            {"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},
            {"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}
          """);

  private static final Tokenizer METASPACE =
      tokenizer(
          LLAMA_PIECES,
          """
          {"type":"Sequence","decoders":[{"type":"ByteFallback"},
            {"type":"Metaspace","replacement":"▁","prepend_scheme":"always"}]}
          """);

  private static final Tokenizer BYTE_LEVEL =
      tokenizer(
          "{\"<s>\":0,\"ĠOnce\":1,\"a\":2,\"ð\":3,\"Ł\":4,\"¦\":5,\"Ļ\":6,\"Ġ\":7,\"last\":9}",
          TokenizerFiles.BYTE_LEVEL_DECODER);

  @Test
  void givenOutputAfterPrompt_append_keepsTheLeadingBlank() {
    for (Tokenizer tokenizer : List.of(LLAMA, METASPACE, BYTE_LEVEL)) {
      assertThat(text(tokenizer.streamDecoder(SpecialText.SKIP), 1, 1)).isEqualTo(" Once Once");
      assertThat(text(tokenizer.streamDecoder(new int[] {0, 2}, SpecialText.SKIP), 1))
          .isEqualTo(" Once");
    }
  }

  @Test
  void givenOutputAfterPromptWithoutText_append_isTheStartOfAText() {
    for (Tokenizer tokenizer : List.of(LLAMA, METASPACE)) {
      assertThat(text(tokenizer.streamDecoder(new int[0], SpecialText.SKIP), 1, 1))
          .isEqualTo("Once Once");
      assertThat(text(tokenizer.streamDecoder(new int[] {0, 8}, SpecialText.SKIP), 0, 1))
          .isEqualTo("Once");
      assertThat(text(tokenizer.streamDecoder(new int[] {0}, SpecialText.KEEP), 1))
          .isEqualTo(" Once");
    }
    assertThat(text(BYTE_LEVEL.streamDecoder(new int[] {0}, SpecialText.SKIP), 1))
        .isEqualTo(" Once");
  }

  @Test
  void givenPromptOfTheDroppedBlankOnly_append_dropsNoSecondOne() {
    assertThat(text(LLAMA.streamDecoder(new int[] {7}, SpecialText.SKIP), 1)).isEqualTo(" Once");
    assertThat(LLAMA.decode(new int[] {7, 1}, SpecialText.SKIP)).isEqualTo(" Once");
  }

  @Test
  void givenCharacterInFourTokens_append_givesItWithTheLast() {
    for (Tokenizer tokenizer : List.of(LLAMA, METASPACE, BYTE_LEVEL)) {
      StreamDecoder decoder = tokenizer.streamDecoder(SpecialText.SKIP);
      StringBuilder text = new StringBuilder();
      decoder.append(2, text);
      for (int id : new int[] {3, 4, 5}) {
        decoder.append(id, text);
        assertThat(text).hasToString("a");
      }
      decoder.append(6, text);
      assertThat(text).hasToString("a🦙");
      decoder.append(3, text);
      decoder.flush(text);
      assertThat(text).hasToString("a🦙\uFFFD");
    }
  }

  @Test
  void givenBrokenCharacterInByteFallback_decode_losesOnlyTheBrokenBytes() {
    assertThat(LLAMA.decode(new int[] {2, 3, 4, 5, 6, 3, 4, 2}, SpecialText.SKIP))
        .isEqualTo("a🦙\uFFFDa");
  }

  @Test
  void givenSpecialAndUnknownIds_append_followsTheSettings() {
    assertThat(text(LLAMA.streamDecoder(SpecialText.KEEP), 2, 0, 8, 2)).isEqualTo("a<s>a");
    assertThat(text(LLAMA.streamDecoder(SpecialText.SKIP), 2, 0, 8, 1 << 20, 2)).isEqualTo("aa");
    assertThatThrownBy(() -> text(LLAMA.streamDecoder(SpecialText.SKIP), -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tokenId must not be negative, was -1");
  }

  @Test
  void givenOneToken_pieceText_showsItByItself() {
    assertThat(LLAMA.pieceText(0)).isEqualTo("<s>");
    assertThat(LLAMA.pieceText(1)).isEqualTo(" Once");
    assertThat(LLAMA.pieceText(3)).isEqualTo("\uFFFD");
    assertThat(LLAMA.pieceText(8)).isEmpty();
    assertThat(BYTE_LEVEL.pieceText(1)).isEqualTo(" Once");
    assertThat(LLAMA.vocabularySize()).isEqualTo(10);
    assertThat(LLAMA.isSpecial(0)).isTrue();
    assertThat(LLAMA.isSpecial(1)).isFalse();
    assertThat(LLAMA.idOf("<s>")).hasValue(0);
    assertThat(LLAMA.idOf("▁Once")).hasValue(1);
    assertThat(LLAMA.idOf("absent")).isEmpty();
  }

  @Property(tries = 3000, seed = "2611")
  void givenAnyTokens_append_concatenatesToTheDecodedText(
      @ForAll("tokenizers") Tokenizer tokenizer,
      @ForAll("ids") int[] ids,
      @ForAll SpecialText specials) {
    StreamDecoder decoder = tokenizer.streamDecoder(new int[0], specials);
    String whole = tokenizer.decode(ids, specials);
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      decoder.append(id, text);
      assertThat(whole).startsWith(text.toString());
    }
    decoder.flush(text);
    assertThat(text).hasToString(whole);
  }

  @Property(tries = 3000, seed = "2611")
  void givenAnyPromptAndOutput_append_givesWhatTheWholeHasBeyondThePrompt(
      @ForAll("tokenizers") Tokenizer tokenizer,
      @ForAll("ids") int[] ids,
      @ForAll @IntRange(max = 12) int cut,
      @ForAll SpecialText specials) {
    int split = Math.min(cut, ids.length);
    int[] prompt = Arrays.copyOf(ids, split);
    int[] output = Arrays.copyOfRange(ids, split, ids.length);
    String promptText = tokenizer.decode(prompt, specials);
    String whole = tokenizer.decode(ids, specials);
    String outputText = text(tokenizer.streamDecoder(prompt, specials), output);
    // Where the prompt ends within a character, its decoded end is not what the whole begins with.
    if (whole.startsWith(promptText) && !promptText.endsWith("\uFFFD")) {
      assertThat(promptText + outputText).isEqualTo(whole);
    }
    if (!promptText.isEmpty()) {
      assertThat(text(tokenizer.streamDecoder(specials), output)).isEqualTo(outputText);
    }
  }

  @Provide
  Arbitrary<Tokenizer> tokenizers() {
    return Arbitraries.of(LLAMA, METASPACE, BYTE_LEVEL);
  }

  @Provide
  Arbitrary<int[]> ids() {
    Arbitrary<int[]> llama = Arbitraries.just(new int[] {3, 4, 5, 6});
    Arbitrary<int[]> one = Arbitraries.integers().between(0, 10).map(id -> new int[] {id});
    return Arbitraries.oneOf(one, one, llama)
        .list()
        .ofMaxSize(10)
        .map(parts -> parts.stream().flatMapToInt(Arrays::stream).toArray());
  }

  @Test
  void givenGreedyOutputOfRealModel_append_equalsItsReferenceText() throws IOException {
    var rows = SharedData.rows(SharedData.require("stories260k/ref/shared_greedy.jsonl"));
    Tokenizer tokenizer = Tokenizers.load(SharedData.require("stories260k/hf"));
    assertThat(rows).hasSize(60);
    for (var row : rows) {
      int[] prompt = SharedData.ids(row.required("prompt_ids"));
      assertThat(tokenizer.encode(row.required("prompt").text(), Specials.ADD)).isEqualTo(prompt);
      int[] greedy = SharedData.ids(row.required("greedy_ids"));
      int end = 0;
      while (end < greedy.length && greedy[end] != 1 && greedy[end] != 2) {
        end++;
      }
      StreamDecoder decoder = tokenizer.streamDecoder(prompt, SpecialText.SKIP);
      assertThat(text(decoder, Arrays.copyOf(greedy, end)))
          .isEqualTo(row.required("text_until_bos_or_eos").text());
    }
  }

  private static String text(StreamDecoder decoder, int... ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      decoder.append(id, text);
    }
    decoder.flush(text);
    return text.toString();
  }

  private static Tokenizer tokenizer(String pieces, String decoder) {
    String model = TokenizerFiles.bpe(pieces, "[]");
    try {
      return SmallTokenizers.of(TokenizerFiles.file(SPECIAL, "null", "null", decoder, model));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
