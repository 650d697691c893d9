// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.json.JsonValue;
import dev.highbeam.runtime.tokenizer.Tokenizer.SpecialText;
import dev.highbeam.runtime.tokenizer.Tokenizer.Specials;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer.Form;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Token ids that other tokenizers computed, for real tokenizer files, on every line we have. */
class ExpectedIdsTest {
  @ParameterizedTest
  @CsvSource({
    "stories260k/hf, stories260k",
    "ort_ext_tokenizers/phi-2, phi-2",
    "qwen2_tokenizer, qwen3",
  })
  void givenRealTokenizer_encodesEveryLine_equalsHuggingFace(String folder, String expected)
      throws IOException {
    Path rows = SharedData.require("tokenizer_expected/shared_" + expected + ".jsonl");
    Tokenizer tokenizer = Tokenizers.load(SharedData.require(folder));
    List<JsonValue> lines = SharedData.rows(rows);
    assertThat(lines).hasSize(70);
    for (JsonValue line : lines) {
      String text = line.required("text").text();
      int[] ids = SharedData.ids(line.required("ids"));
      int[] bare =
          line.member("ids_no_special").isPresent()
              ? SharedData.ids(line.required("ids_no_special"))
              : ids;
      assertThat(tokenizer.encode(text, Specials.ADD)).as(text).isEqualTo(ids);
      assertThat(tokenizer.encode(text, Specials.OMIT)).as(text).isEqualTo(bare);
      String normalized = folder.startsWith("qwen") ? normalForm(text) : text;
      assertThat(tokenizer.decode(ids, SpecialText.SKIP)).isEqualTo(normalized);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ort_ext_tokenizers/gpt2, ggml-vocab-gpt-2",
    "qwen2_tokenizer/upstream, ggml-vocab-qwen2",
    "qwen2_tokenizer, ggml-vocab-qwen2",
  })
  void givenVocabularyAndMerges_encodesEveryText_equalsLlamaCpp(String folder, String pair)
      throws IOException {
    Path input = SharedData.require("llamacpp_vocab/" + pair + ".gguf.inp");
    Path output = SharedData.require("llamacpp_vocab/" + pair + ".gguf.out");
    Tokenizer tokenizer = Tokenizers.load(SharedData.require(folder));
    String[] texts = Files.readString(input).split("\n__ggml_vocab_test__\n", -1);
    String[] lines = Files.readString(output).split("\n", -1);
    assertThat(texts).hasSizeGreaterThan(40);
    for (int i = 0; i < texts.length; i++) {
      String line = i < lines.length ? lines[i].trim() : "";
      int[] ids =
          line.isEmpty()
              ? new int[0]
              : Arrays.stream(line.split(" ")).mapToInt(Integer::parseInt).toArray();
      assertThat(tokenizer.encode(texts[i], Specials.OMIT))
          .as("text %d: %s", i, texts[i])
          .isEqualTo(ids);
    }
  }

  /**
   * The Llama 2 tokenizer here is broken in three merges of blanks only; without these three it
   * gives the ids that the sound one gives.
   */
  @ParameterizedTest
  @ValueSource(strings = {"llama2_spm", "phi-3-mini"})
  void givenLlamaWithoutItsBrokenMerges_encodesEveryLine_equalsSentencePiece(
      String expected, @TempDir Path folder) throws IOException {
    Path rows = SharedData.require("tokenizer_expected/shared_" + expected + ".jsonl");
    Path broken = SharedData.require("bad_tokenizer/llama2-broken-merges.tokenizer.json");
    String json = Files.readString(broken, StandardCharsets.UTF_8);
    // Merges of blanks only, or of a marker and blanks, have lost what parted their pieces.
    String repaired = json.replaceAll("\"▁? {2,}\",\\s*(?=\"[^\"]* [^\"]*\")", "");
    Files.writeString(folder.resolve("tokenizer.json"), repaired, StandardCharsets.UTF_8);
    Tokenizer tokenizer = Tokenizers.load(folder);
    List<JsonValue> lines = SharedData.rows(rows);
    assertThat(lines).hasSize(70);
    for (JsonValue line : lines) {
      String text = line.required("text").text();
      int[] ids = SharedData.ids(line.required("ids"));
      assertThat(tokenizer.encode(text, Specials.OMIT)).as(text).isEqualTo(ids);
      assertThat(tokenizer.decode(ids, SpecialText.SKIP)).isEqualTo(text);
    }
  }

  @Test
  void givenQwenChat_encodesItsMarkers_equalsPublishedIds() throws IOException {
    Path rows = SharedData.require("tokenizer_expected/upstream_literals.jsonl");
    Tokenizer tokenizer = Tokenizers.load(SharedData.require("qwen2_tokenizer"));
    JsonValue chat = null;
    for (JsonValue row : SharedData.rows(rows)) {
      chat = row.required("tokenizer").text().equals("qwen3") ? row : chat;
    }
    assertThat(chat).isNotNull();
    int[] ids = SharedData.ids(chat.required("ids"));
    String rendered = chat.required("rendered").text();
    assertThat(tokenizer.encode(rendered, Specials.ADD)).isEqualTo(ids);
    assertThat(tokenizer.decode(ids, SpecialText.KEEP)).isEqualTo(rendered);
    assertThat(tokenizer.decode(ids, SpecialText.SKIP))
        .isEqualTo(chat.required("decoded_skip_special").text());
  }

  @Test
  void givenBothFormsOfQwen_encodesTheSame_idForId() throws IOException {
    Tokenizer json = Tokenizers.load(SharedData.require("qwen2_tokenizer"));
    Tokenizer pair = Tokenizers.load(SharedData.require("qwen2_tokenizer/upstream"));
    String text = "Grüße, 你好 don't 12345\r\n\r\n  x<|im_end|>e\u0301 🦙";
    assertThat(pair.encode(text, Specials.OMIT))
        .isEqualTo(json.encode(text, Specials.OMIT))
        .contains(json.idOf("<|im_end|>").orElseThrow());
    assertThat(text.getBytes(StandardCharsets.UTF_8)).hasSizeGreaterThan(text.length());
  }

  private static String normalForm(String text) {
    return java.text.Normalizer.normalize(text, Form.NFC);
  }
}
