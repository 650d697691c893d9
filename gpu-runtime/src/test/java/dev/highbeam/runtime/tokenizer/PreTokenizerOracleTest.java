// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.json.JsonFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every way to cut text into words that we know, against the Hugging Face library. The vocabulary
 * has the 256 bytes only, so each char of our words is one token of theirs, and theirs say which
 * word each token is of.
 */
class PreTokenizerOracleTest {
  private static final int TEXTS = Integer.getInteger("highbeam.oracleTexts", 800);

  @TempDir Path folder;

  static Stream<Arguments> preTokenizers() {
    String bytes = TokenizerFiles.BYTE_LEVEL_STEP;
    return Stream.of(
        Arguments.of("gpt2", TokenizerFiles.GPT2_STEPS),
        Arguments.of("gpt2 as split", split(Gpt2Pattern.REGEX, "Isolated")),
        Arguments.of("llama3", split(LetterWordPattern.LLAMA3, "Isolated")),
        Arguments.of("llama3 inverted", inverted(LetterWordPattern.LLAMA3, "Removed")),
        Arguments.of("qwen2", split(LetterWordPattern.QWEN2, "Isolated")),
        Arguments.of("qwen3.5", split(LetterWordPattern.QWEN35, "Isolated")),
        Arguments.of("o200k", split(CasedWordPattern.O200K, "Isolated")),
        Arguments.of("tekken", split(CasedWordPattern.TEKKEN, "Isolated")),
        Arguments.of("deepseek words", split(SymbolWordPattern.DEEPSEEK3, "Isolated")),
        Arguments.of(
            "deepseek",
            TokenizerFiles.sequence(
                TokenizerFiles.split("\\p{N}{1,3}", "Isolated", false),
                TokenizerFiles.split("[一-龥぀-ゟ゠-ヿ]+", "Isolated", false),
                TokenizerFiles.split(SymbolWordPattern.DEEPSEEK3, "Isolated", false),
                bytes)),
        Arguments.of(
            "falcon",
            TokenizerFiles.sequence(
                "{\"type\":\"Punctuation\",\"behavior\":\"Contiguous\"}",
                TokenizerFiles.GPT2_STEPS,
                "{\"type\":\"Digits\",\"individual_digits\":false}",
                TokenizerFiles.split("[0-9][0-9][0-9]", "Isolated", false))),
        Arguments.of(
            "starcoder",
            TokenizerFiles.sequence(
                "{\"type\":\"Digits\",\"individual_digits\":true}", TokenizerFiles.GPT2_STEPS)),
        Arguments.of("digits removed", split("\\p{N}", "Removed")),
        Arguments.of("digits only", inverted("\\p{N}+", "Removed")),
        Arguments.of("blanks with the last", split("\\s+", "MergedWithPrevious")),
        Arguments.of("digits with the next", split("\\p{N}", "MergedWithNext")),
        Arguments.of("digits with the last", split("\\p{N}", "MergedWithPrevious")),
        Arguments.of("digits contiguous", split("\\p{N}", "Contiguous")),
        Arguments.of("digits contiguous inverted", inverted("\\p{N}", "Contiguous")),
        Arguments.of("line breaks", split("[\\r\\n]", "Isolated")),
        Arguments.of(
            "blank literal",
            TokenizerFiles.sequence(
                "{\"type\":\"Split\",\"pattern\":{\"String\":\" \"},"
                    + "\"behavior\":\"MergedWithPrevious\",\"invert\":false}",
                bytes)),
        Arguments.of("words", TokenizerFiles.sequence("{\"type\":\"Whitespace\"}", bytes)),
        Arguments.of(
            "between blanks", TokenizerFiles.sequence("{\"type\":\"WhitespaceSplit\"}", bytes)),
        Arguments.of("blank in front", TokenizerFiles.byteLevel(true, true)),
        Arguments.of("metaspace", metaspace("always", true)),
        Arguments.of("metaspace first", metaspace("first", true)),
        Arguments.of("metaspace whole", metaspace("first", false)),
        Arguments.of("metaspace never", metaspace("never", true)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("preTokenizers")
  void givenRandomTexts_cutsWords_asHuggingFaceDoes(String name, String json) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, TokenizerFiles.bytesOnly(json));
    byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
    PreTokenizer ours =
        PreTokenizerReader.read(Optional.of(JsonFile.parse("json", bytes, bytes.length)));
    try (HuggingFaceOracle oracle = HuggingFaceOracle.open(file)) {
      MixedScripts texts = new MixedScripts(name.hashCode());
      for (int i = 0; i < TEXTS; i++) {
        String text = texts.next(30);
        assertThat(wordIds(ours.apply(Words.whole(text, Words.TextPlace.AT_START))))
            .as("text %d: %s", i, MixedScripts.shown(text))
            .isEqualTo(oracle.wordIds(text));
      }
    }
  }

  private static int[] wordIds(Words words) {
    IdList ids = new IdList(words.text().length());
    for (int word = 0; word < words.count(); word++) {
      for (int i = words.start(word); i < words.end(word); i++) {
        ids.add(word);
      }
    }
    return ids.toArray();
  }

  private static String split(String regex, String behavior) {
    return TokenizerFiles.sequence(
        TokenizerFiles.split(regex, behavior, false), TokenizerFiles.BYTE_LEVEL_STEP);
  }

  private static String inverted(String regex, String behavior) {
    return TokenizerFiles.sequence(
        TokenizerFiles.split(regex, behavior, true), TokenizerFiles.BYTE_LEVEL_STEP);
  }

  private static String metaspace(String scheme, boolean splits) {
    return TokenizerFiles.sequence(
        "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\""
            + scheme
            + "\",\"split\":"
            + splits
            + "}",
        TokenizerFiles.BYTE_LEVEL_STEP);
  }
}
