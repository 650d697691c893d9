// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.json.MalformedFileException;
import dev.highbeam.runtime.tokenizer.Tokenizer.SpecialText;
import dev.highbeam.runtime.tokenizer.Tokenizer.Specials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The folders of the older form: vocab.json, merges.txt and what stands beside them. */
class TokenizersTest {
  @TempDir Path folder;

  @BeforeEach
  void writeVocabularyAndMerges() throws IOException {
    write("vocab.json", "{\"a\":0,\"b\":1,\"1\":2,\"ab\":3,\"11\":4,\"Ġ\":5,\"<|endoftext|>\":6}");
    write("merges.txt", "#version: 0.2\na b\n1 1\n");
  }

  @Test
  void givenNothingElse_load_cutsAsGpt2() throws IOException {
    Tokenizer tokenizer = Tokenizers.load(folder);
    assertThat(tokenizer.encode("ab 11<|endoftext|>", Specials.ADD)).containsExactly(3, 5, 4, 6);
    assertThat(tokenizer.isSpecial(6)).isTrue();
    assertThat(tokenizer.decode(new int[] {3, 5, 6, 4}, SpecialText.SKIP)).isEqualTo("ab 11");
  }

  @ParameterizedTest
  @ValueSource(strings = {"#version: 0.2\r\na b\r\n1 1\r\n", "a b\n1 1", "\n\na b\n\n1 1\n\n"})
  void givenOtherLineEnds_load_readsTheSameMerges(String merges) throws IOException {
    write("merges.txt", merges);
    assertThat(Tokenizers.load(folder).encode("ab11", Specials.OMIT)).containsExactly(3, 4);
  }

  @ParameterizedTest
  @CsvSource({
    "tokenizer_config.json, tokenizer_class, Qwen2Tokenizer, 2 2",
    "tokenizer_config.json, tokenizer_class, Qwen2TokenizerFast, 2 2",
    "tokenizer_config.json, tokenizer_class, GPT2Tokenizer, 4",
    "config.json, model_type, qwen2, 2 2",
    "config.json, model_type, qwen3, 2 2",
    "config.json, model_type, gpt2, 4",
  })
  void givenNamedKind_load_cutsAsThatKindDoes(String file, String key, String kind, String ids)
      throws IOException {
    write(file, "{\"" + key + "\":\"" + kind + "\"}");
    // GPT-2 keeps digits together, Qwen takes them one by one.
    assertThat(Tokenizers.load(folder).encode("11", Specials.OMIT))
        .isEqualTo(Arrays.stream(ids.split(" ")).mapToInt(Integer::parseInt).toArray());
  }

  @Test
  void givenUnknownKind_load_refusesItByName() throws IOException {
    write("tokenizer_config.json", "{\"tokenizer_class\":\"LlamaTokenizer\"}");
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessage(
            folder.resolve("tokenizer_config.json")
                + ": tokenizer_class is \"LlamaTokenizer\", whose way to cut text only a"
                + " tokenizer.json could say");
  }

  @Test
  void givenBlankInFrontWanted_load_putsIt() throws IOException {
    write("tokenizer_config.json", "{\"add_prefix_space\":true}");
    assertThat(Tokenizers.load(folder).encode("ab", Specials.OMIT)).containsExactly(5, 3);
  }

  @Test
  void givenDescribedAddedTokens_load_takesTheirFlags() throws IOException {
    write(
        "tokenizer_config.json",
        """
        {"added_tokens_decoder":{
          "7":{"content":"<x>","special":true,"rstrip":true},
          "8":{"content":"<y>","special":false}}}
        """);
    Tokenizer tokenizer = Tokenizers.load(folder);
    assertThat(tokenizer.encode("<x> <y> ", Specials.OMIT)).containsExactly(7, 8, 5);
    assertThat(tokenizer.isSpecial(7)).isTrue();
    assertThat(tokenizer.isSpecial(8)).isFalse();
    assertThat(tokenizer.vocabularySize()).isEqualTo(9);
  }

  @Test
  void givenNamedAddedTokens_load_marksTheSpecialOnes() throws IOException {
    write("added_tokens.json", "{\"<x>\":7,\"<y>\":8,\"<z>\":9}");
    write("special_tokens_map.json", "{\"eos_token\":{\"content\":\"<x>\"}}");
    write("tokenizer_config.json", "{\"additional_special_tokens\":[\"<z>\"]}");
    Tokenizer tokenizer = Tokenizers.load(folder);
    assertThat(tokenizer.encode("<z><y><x>", Specials.OMIT)).containsExactly(9, 8, 7);
    assertThat(tokenizer.decode(new int[] {9, 8, 7, 6, 0}, SpecialText.SKIP)).isEqualTo("<y>a");
  }

  @ParameterizedTest
  @CsvSource({"x", "-1", "4194304", "99999999999"})
  void givenAddedTokenNamedByNoId_load_refusesIt(String name) throws IOException {
    write("tokenizer_config.json", "{\"added_tokens_decoder\":{\"" + name + "\":{}}}");
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageEndingWith("added_tokens_decoder[\"" + name + "\"] must be named by a token id");
  }

  @Test
  void givenMergesThatAreNotText_load_refusesThem() throws IOException {
    Files.write(folder.resolve("merges.txt"), new byte[] {'a', ' ', (byte) 0xC3, '\n'});
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessage(folder.resolve("merges.txt") + ": is not UTF-8 text");
  }

  @Test
  void givenBrokenMerge_load_namesIt() throws IOException {
    write("merges.txt", "#version: 0.2\na b\nb a\n");
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessage(
            folder.resolve("merges.txt")
                + ": merge 2 of \"b\" and \"a\" needs the piece \"ba\", which is not in the"
                + " vocabulary");
  }

  @Test
  void givenBothForms_load_prefersTokenizerJson() throws IOException {
    write("tokenizer.json", TokenizerFiles.bytesOnly(TokenizerFiles.GPT2_STEPS));
    assertThat(Tokenizers.load(folder).encode("a", Specials.OMIT)).containsExactly('a');
  }

  private void write(String file, String content) throws IOException {
    Files.writeString(folder.resolve(file), content);
  }
}
