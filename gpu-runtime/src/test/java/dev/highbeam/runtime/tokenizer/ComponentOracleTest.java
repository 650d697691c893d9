// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.highbeam.runtime.tokenizer.Tokenizer.SpecialText;
import dev.highbeam.runtime.tokenizer.Tokenizer.Specials;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Parts that no real tokenizer here uses, in small made-up ones, against the Hugging Face library.
 */
class ComponentOracleTest {
  private static final String METASPACE_STEP =
      "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"first\",\"split\":false}";
  private static final String LLAMA_DECODER =
      """
      {"type":"Sequence","decoders":[
        {"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},
        {"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16})
  void givenRandomModel_encodes_equalsHuggingFace(long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    String model = randomModel(random);
    write(TokenizerFiles.file("[]", "null", "null", LLAMA_DECODER, model));
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 250; i++) {
      texts.add(randomText(random, "abcdéxy z▁", 25));
    }
    compare(texts);
  }

  @ParameterizedTest
  @CsvSource({
    "false,false,false,false",
    "true,false,false,false",
    "false,true,false,false",
    "false,false,true,false",
    "false,true,true,false",
    "true,true,true,false",
    "false,false,false,true",
    "true,true,true,true",
  })
  void givenAddedTokens_encodes_findsThemAsHuggingFaceDoes(
      boolean word, boolean left, boolean right, boolean normalized) throws IOException {
    String flags =
        "\"single_word\":%s,\"lstrip\":%s,\"rstrip\":%s,\"normalized\":%s,\"special\":"
            .formatted(word, left, right, normalized);
    String added =
        "["
            + String.join(
                ",",
                "{\"id\":256,\"content\":\"[A]\"," + flags + "true}",
                "{\"id\":257,\"content\":\"[A][B]\"," + flags + "false}",
                "{\"id\":258,\"content\":\"Ab\"," + flags + "false}",
                "{\"id\":259,\"content\":\"  \"," + flags + "false}",
                "{\"id\":260,\"content\":\"éx\"," + flags + "true}")
            + "]";
    for (String normalizer : List.of("null", "{\"type\":\"Lowercase\"}", "{\"type\":\"NFD\"}")) {
      write(
          TokenizerFiles.bytesOnly(TokenizerFiles.BYTE_LEVEL_STEP)
              .replace("\"added_tokens\":[]", "\"added_tokens\":" + added)
              .replace("\"normalizer\":null", "\"normalizer\":" + normalizer));
      SplittableRandom random = new SplittableRandom(3);
      List<String> texts = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        texts.add(
            randomText(random, List.of("[A]", "[B]", "Ab", "ab", " ", "\n", "é", "x", "_"), 12));
      }
      compare(texts);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"NFC\"}",
        "{\"type\":\"NFD\"}",
        "{\"type\":\"NFKC\"}",
        "{\"type\":\"NFKD\"}",
        "{\"type\":\"Lowercase\"}",
        "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":false}",
        "{\"type\":\"Strip\",\"strip_left\":false,\"strip_right\":true}",
        "{\"type\":\"Prepend\",\"prepend\":\"> \"}",
        "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"bb\"}",
        "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Lowercase\"},{\"type\":\"NFKC\"}]}",
      })
  void givenNormalizer_encodes_equalsHuggingFace(String normalizer) throws IOException {
    write(
        TokenizerFiles.bytesOnly(TokenizerFiles.BYTE_LEVEL_STEP)
            .replace("\"normalizer\":null", "\"normalizer\":" + normalizer));
    MixedScripts mixed = new MixedScripts(5);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      texts.add(mixed.next(20));
    }
    compare(texts);
  }

  @ParameterizedTest
  @ValueSource(strings = {"always", "first", "never"})
  void givenMetaspaceBothWays_encodesAndDecodes_equalsHuggingFace(String scheme)
      throws IOException {
    String step = METASPACE_STEP.replace("first", scheme);
    String vocabulary = "{\"<s>\":0,\"▁\":1,\"a\":2,\"b\":3,\"▁a\":4,\"▁▁\":5,\"ab\":6}";
    String merges = "[\"▁ a\",\"▁ ▁\",\"a b\"]";
    String added =
        "[{\"id\":0,\"content\":\"<s>\",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,"
            + "\"normalized\":false,\"special\":true}]";
    write(TokenizerFiles.file(added, "null", step, step, TokenizerFiles.bpe(vocabulary, merges)));
    SplittableRandom random = new SplittableRandom(11);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      texts.add(randomText(random, List.of("a", "b", " ", "▁", "<s>"), 10));
    }
    compare(texts);
  }

  @Test
  void givenQwenWithIgnoredMerges_encodes_equalsHuggingFace() throws IOException {
    Path qwen = SharedData.require("qwen2_tokenizer/tokenizer.json");
    String json = Files.readString(qwen, StandardCharsets.UTF_8);
    assertThat(json).contains("\"ignore_merges\"");
    write(json.replaceFirst("\"ignore_merges\":\\s*false", "\"ignore_merges\":true"));
    MixedScripts mixed = new MixedScripts(17);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      texts.add(mixed.next(30));
    }
    compare(texts);
  }

  private void write(String json) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), json, StandardCharsets.UTF_8);
  }

  private void compare(List<String> texts) throws IOException {
    Tokenizer tokenizer = Tokenizers.load(folder);
    try (HuggingFaceOracle oracle = HuggingFaceOracle.open(folder.resolve("tokenizer.json"))) {
      for (String text : texts) {
        int[] ids = tokenizer.encode(text, Specials.ADD);
        assertThat(ids).as(MixedScripts.shown(text)).isEqualTo(oracle.encode(text, Specials.ADD));
        for (SpecialText specials : SpecialText.values()) {
          assertThat(tokenizer.decode(ids, specials))
              .as(MixedScripts.shown(text))
              .isEqualTo(oracle.decode(ids, specials));
        }
      }
    }
  }

  /**
   * A model over few letters whose merges overlap a lot; some lack letters, bytes or an unknown.
   */
  private static String randomModel(SplittableRandom random) {
    Set<String> pieces = new LinkedHashSet<>(List.of("<unk>", "a", "b", "c", "▁", "x"));
    if (random.nextBoolean()) {
      for (int value = 0; value < 256; value++) {
        pieces.add(BytePieces.nameOf(value));
      }
    }
    List<String> merges = new ArrayList<>();
    List<String> mergeable = new ArrayList<>(List.of("a", "b", "c", "▁", "x"));
    for (int i = 0; i < 40; i++) {
      String left = mergeable.get(random.nextInt(mergeable.size()));
      String right = mergeable.get(random.nextInt(mergeable.size()));
      pieces.add(left + right);
      mergeable.add(left + right);
      merges.add("[" + TokenizerFiles.quoted(left) + "," + TokenizerFiles.quoted(right) + "]");
    }
    List<String> members = new ArrayList<>();
    for (String piece : pieces) {
      members.add(TokenizerFiles.quoted(piece) + ":" + members.size());
    }
    String vocabulary = "{" + String.join(",", members) + "}";
    return TokenizerFiles.bpe(vocabulary, merges.toString())
        .replace(
            "\"unk_token\":null",
            random.nextBoolean() ? "\"unk_token\":\"<unk>\"" : "\"unk_token\":null")
        .replace("\"fuse_unk\":false", "\"fuse_unk\":" + random.nextBoolean())
        .replace("\"byte_fallback\":false", "\"byte_fallback\":" + random.nextBoolean());
  }

  private static String randomText(SplittableRandom random, String alphabet, int max) {
    return randomText(random, alphabet.codePoints().mapToObj(Character::toString).toList(), max);
  }

  private static String randomText(SplittableRandom random, List<String> parts, int max) {
    StringBuilder text = new StringBuilder();
    int count = random.nextInt(max);
    for (int i = 0; i < count; i++) {
      text.append(parts.get(random.nextInt(parts.size())));
    }
    return text.toString();
  }
}
