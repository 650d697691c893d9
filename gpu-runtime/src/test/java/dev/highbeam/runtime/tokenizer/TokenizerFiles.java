// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.tokenizer;

/** Writes small tokenizer.json files for tests. */
final class TokenizerFiles {
  /** Spells bytes and does nothing else. */
  static final String BYTE_LEVEL_STEP = byteLevel(false, false);

  /** Cuts as GPT-2 does, then spells bytes. */
  static final String GPT2_STEPS = byteLevel(false, true);

  static final String BYTE_LEVEL_DECODER = byteLevel(true, true);

  private TokenizerFiles() {}

  static String byteLevel(boolean prefixSpace, boolean regex) {
    return "{\"type\":\"ByteLevel\",\"add_prefix_space\":"
        + prefixSpace
        + ",\"trim_offsets\":false,\"use_regex\":"
        + regex
        + "}";
  }

  static String sequence(String... steps) {
    return "{\"type\":\"Sequence\",\"pretokenizers\":[" + String.join(",", steps) + "]}";
  }

  static String split(String regex, String behavior, boolean invert) {
    return "{\"type\":\"Split\",\"pattern\":{\"Regex\":"
        + quoted(regex)
        + "},\"behavior\":\""
        + behavior
        + "\",\"invert\":"
        + invert
        + "}";
  }

  /** A byte-level tokenizer with the 256 bytes as its vocabulary: id = byte. */
  static String bytesOnly(String preTokenizer) {
    StringBuilder vocabulary = new StringBuilder("{");
    for (int value = 0; value < 256; value++) {
      vocabulary
          .append(value == 0 ? "" : ",")
          .append(quoted(String.valueOf(ByteLevelAlphabet.charOf(value))))
          .append(':')
          .append(value);
    }
    return file(
        "[]",
        "null",
        preTokenizer,
        BYTE_LEVEL_DECODER,
        bpe(vocabulary.append('}').toString(), "[]"));
  }

  static String bpe(String vocabulary, String merges) {
    return "{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,"
        + "\"continuing_subword_prefix\":\"\",\"end_of_word_suffix\":\"\",\"fuse_unk\":false,"
        + "\"byte_fallback\":false,\"vocab\":"
        + vocabulary
        + ",\"merges\":"
        + merges
        + "}";
  }

  static String file(
      String addedTokens, String normalizer, String preTokenizer, String decoder, String model) {
    return "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":"
        + addedTokens
        + ",\"normalizer\":"
        + normalizer
        + ",\"pre_tokenizer\":"
        + preTokenizer
        + ",\"post_processor\":null,\"decoder\":"
        + decoder
        + ",\"model\":"
        + model
        + "}";
  }

  static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
