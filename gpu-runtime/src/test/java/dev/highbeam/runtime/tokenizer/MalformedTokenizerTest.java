// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.highbeam.runtime.json.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Broken, hostile and unsupported files: each is answered with one sentence that says what is
 * wrong.
 */
class MalformedTokenizerTest {
  /** A good file; each test breaks one place of it. */
  private static final String GOOD =
      """
      {"added_tokens":[{"id":4,"content":"<s>","special":true}],
       "normalizer":{"type":"NFC"},
       "pre_tokenizer":{"type":"Whitespace"},
       "post_processor":{"type":"TemplateProcessing",
         "single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
         "special_tokens":{"<s>":{"id":"<s>","ids":[4],"tokens":["<s>"]}}},
       "decoder":{"type":"ByteLevel"},
       "model":{"type":"BPE","dropout":null,"unk_token":"?","vocab":{"a":0,"b":1,"ab":2,"?":3},
         "merges":["a b"]}}
      """;

  @TempDir Path folder;

  @Test
  void givenGoodFile_load_encodesWithIt() throws IOException {
    assertThat(SmallTokenizers.of(GOOD).encode("ab c", Tokenizer.Specials.ADD))
        .containsExactly(4, 2, 3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "\"type\":\"BPE\" | \"type\":\"Unigram\" | model has the type \"Unigram\", which is not"
            + " supported; supported is BPE",
        "[\"a b\"] | [\"a c\"] | merge 1 of \"a\" and \"c\" needs the piece \"c\", which is not in"
            + " the vocabulary",
        "[\"a b\"] | [\"a b\", \"b a\"] | merge 2 of \"b\" and \"a\" needs the piece \"ba\", which"
            + " is not in the vocabulary",
        "[\"a b\"] | [\"ab\"] | merge 1 \"ab\" is not two pieces with one blank between them",
        "[\"a b\"] | [\"a b c\"] | merge 1 \"a b c\" is not two pieces with one blank between them",
        "[\"a b\"] | [[\"a\"]] | model.merges[0] must hold two pieces, has 1",
        "[\"a b\"] | [3] | model.merges[0] must be a list, was 3",
        "[\"a b\"] | {\"a\":1} | model.merges must be a list, was an object",
        "\"a\":0 | \"a\":-1 | model.vocab[\"a\"] must be a whole number from 0 to 4194303, was -1",
        "\"a\":0 | \"a\":2000000000 | model.vocab[\"a\"] must be a whole number from 0 to 4194303,"
            + " was 2000000000",
        "\"a\":0 | \"a\":\"x\" | model.vocab[\"a\"] must be a whole number from 0 to 4194303, was"
            + " \"x\"",
        "\"a\":0 | \"a\":1 | model.vocab[\"b\"] has the id 1, which another piece has too",
        "{\"a\":0,\"b\":1,\"ab\":2,\"?\":3} | {} | model.vocab has no pieces",
        "\"dropout\":null | \"dropout\":0.1 | model.dropout must be absent or 0: tokens must not"
            + " depend on chance",
        "\"dropout\":null | \"end_of_word_suffix\":\"</w>\" | model has a end_of_word_suffix, which"
            + " is not supported",
        "\"unk_token\":\"?\" | \"unk_token\":\"<unk>\" | model.unk_token is not in the vocabulary",
        "\"id\":4 | \"id\":2 | the added token \"<s>\" has id 2, which another piece has already",
        "\"content\":\"<s>\" | \"content\":\"ab\" | the added token \"ab\" has id 4, but the"
            + " vocabulary gives it 2",
        "\"id\":4 | \"id\":4194304 | added_tokens[0].id must be a whole number from 0 to 4194303,"
            + " was 4194304",
        "\"ids\":[4] | \"ids\":[5] | post_processor.special_tokens.<s>.ids[0] must be a whole"
            + " number from 0 to 4, was 5",
        "\"SpecialToken\":{\"id\":\"<s>\" | \"SpecialToken\":{\"id\":\"<t>\" |"
            + " post_processor.special_tokens has no member \"<t>\"",
        "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}} | {\"SpecialToken\":{\"id\":\"<s>\"}} |"
            + " post_processor must hold the text once in \"single\", not 0 times",
        "\"type\":\"TemplateProcessing\" | \"type\":\"BertProcessing\" | post_processor has the"
            + " type \"BertProcessing\", which is not supported",
        "\"type\":\"NFC\" | \"type\":\"Precompiled\" | normalizer has the type \"Precompiled\","
            + " which is not supported; supported are Sequence",
        "\"type\":\"Whitespace\" | \"type\":\"BertPreTokenizer\" | pre_tokenizer has the type"
            + " \"BertPreTokenizer\", which is not supported",
        "\"type\":\"Whitespace\" |"
            + " \"type\":\"Split\",\"pattern\":{\"Regex\":\"(a+)+$\"},\"behavior\":\"Isolated\" |"
            + " pre_tokenizer.pattern is the regular expression \"(a+)+$\", which is not one of the"
            + " supported ones",
        "\"type\":\"Whitespace\" |"
            + " \"type\":\"Split\",\"pattern\":{\"String\":\"\"},\"behavior\":\"Isolated\" |"
            + " pre_tokenizer.pattern.String must not be empty",
        "\"type\":\"Whitespace\" |"
            + " \"type\":\"Split\",\"pattern\":{\"String\":\"x\"},\"behavior\":\"Odd\" |"
            + " pre_tokenizer has the behavior \"Odd\", which is not known",
        "\"type\":\"Whitespace\" |"
            + " \"type\":\"Split\",\"pattern\":{\"String\":\"x\"},\"behavior\":\"MergedWithNext\",\"invert\":true"
            + " | pre_tokenizer joins \"invert\" with a merging behavior, which is not supported",
        "\"type\":\"Whitespace\" | \"type\":\"Metaspace\",\"replacement\":\"ab\" | pre_tokenizer"
            + " has the replacement \"ab\" where one character must be",
        "\"type\":\"Whitespace\" | \"type\":\"Metaspace\",\"prepend_scheme\":\"odd\" |"
            + " pre_tokenizer has the prepend_scheme \"odd\", which is not known",
        "\"decoder\":{\"type\":\"ByteLevel\"} | \"decoder\":null | the document has no member"
            + " \"decoder\"",
        "\"decoder\":{\"type\":\"ByteLevel\"} | \"decoder\":{\"type\":\"CTC\"} | decoder has the"
            + " type \"CTC\", which is not supported",
        "\"decoder\":{\"type\":\"ByteLevel\"} | \"decoder\":{\"type\":\"Strip\",\"content\":\""
            + " \",\"start\":1,\"stop\":0} | decoder strips something else than blanks at the start"
            + " of the fused text",
        "\"decoder\":{\"type\":\"ByteLevel\"} |"
            + " \"decoder\":{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"x\"},\"content\":\"\"} |"
            + " decoder.pattern must be a \"String\"; a regular expression is not supported here",
        "\"model\": | \"modell\": | the document has no member \"model\"",
        "\"single\": | \"single\":[],\"single\": | is not valid JSON",
      })
  void givenOneFault_load_namesThePlaceAndTheFault(String good, String bad, String message) {
    assertThat(GOOD).contains(good);
    assertThatThrownBy(() -> SmallTokenizers.of(GOOD.replace(good, bad)))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith("tokenizer.json: " + message)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void givenRealFileWithBrokenMerges_load_namesTheMerge() throws IOException {
    Path file = SharedData.require("bad_tokenizer/llama2-broken-merges.tokenizer.json");
    Files.copy(file, folder.resolve("tokenizer.json"));
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith(folder.resolve("tokenizer.json") + ": merge 18918 \"")
        .hasMessageEndingWith("\" is not two pieces with one blank between them");
  }

  @Test
  void givenReplacementsThatMultiplyAText_load_refusesThem() {
    String step = "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aa\"}";
    String six = "[" + String.join(",", Collections.nCopies(6, step)) + "]";
    String seven = "[" + String.join(",", Collections.nCopies(7, step)) + "]";
    String normalizer = "{\"type\":\"Sequence\",\"normalizers\":%s}";
    String decoder = "{\"type\":\"Sequence\",\"decoders\":%s}";

    assertLoads(GOOD.replace("{\"type\":\"NFC\"}", format(normalizer, six)));
    assertRefused(
        GOOD.replace("{\"type\":\"NFC\"}", format(normalizer, seven)),
        "tokenizer.json: normalizer makes a text more than 64 times as long");
    assertRefused(
        GOOD.replace("{\"type\":\"ByteLevel\"}", format(decoder, seven)),
        "tokenizer.json: decoder makes a text more than 64 times as long");
    assertRefused(
        GOOD.replace("\"NFC\"", "\"Prepend\",\"prepend\":\"" + "x".repeat(65) + "\""),
        "tokenizer.json: normalizer prepends more than 64 characters");
    assertRefused(
        GOOD.replace("\"ids\":[4]", "\"ids\":[4" + ",4".repeat(64) + "]"),
        "tokenizer.json: post_processor puts more than 64 special tokens around a text");
    assertRefused(
        GOOD.replace("\"content\":\"<s>\"", "\"content\":\"" + "<".repeat(1025) + "\""),
        "tokenizer.json: the added token \""
            + "<".repeat(40)
            + "...\" has 1025 characters, at most"
            + " 1024");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "{\"decoder\":[}}}", "{\"model\":{}}", "\u0000"})
  void givenRubbish_load_throwsMalformedAndNothingElse(String json) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), json);
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("tokenizer.json: ");
  }

  @Test
  void givenEveryPrefixOfAFile_load_throwsMalformedAndNothingElse() {
    for (int end = 0; end < GOOD.length() - 2; end++) {
      String prefix = GOOD.substring(0, end);
      assertThatThrownBy(() -> SmallTokenizers.of(prefix))
          .isInstanceOf(MalformedFileException.class);
    }
  }

  @Test
  void givenEmptyFolder_load_saysWhatIsMissing() {
    assertThatThrownBy(() -> Tokenizers.load(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessage(
            folder
                + ": has no tokenizer: neither tokenizer.json nor vocab.json with merges.txt is"
                + " there");
  }

  private static String format(String pattern, String value) {
    return String.format(Locale.ROOT, pattern, value);
  }

  private static void assertLoads(String json) {
    assertThatCode(() -> SmallTokenizers.of(json)).doesNotThrowAnyException();
  }

  private static void assertRefused(String json, String message) {
    assertThatThrownBy(() -> SmallTokenizers.of(json))
        .isInstanceOf(MalformedFileException.class)
        .hasMessage(message);
  }
}
