// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.runtime.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A tokenizer.json without merges: one token per byte, written in GPT-2's alphabet, behind three
 * special tokens. A begin token stands before an encoded text.
 */
final class ByteTokenizerJson {

  private ByteTokenizerJson() {}

  /** The document as maps and lists. */
  static Map<String, Object> create() {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    List<String> specials = List.of("<unk>", "<s>", "</s>");
    List<Map<String, Object>> added = new ArrayList<>();
    for (String special : specials) {
      int id = vocabulary.size();
      vocabulary.put(special, id);
      added.add(
          Map.of(
              "id",
              id,
              "content",
              special,
              "single_word",
              false,
              "lstrip",
              false,
              "rstrip",
              false,
              "normalized",
              false,
              "special",
              true));
    }
    int strange = 256;
    for (int b = 0; b < 256; b++) {
      boolean printable = (b > ' ' && b < 127) || (b > 160 && b != 173);
      vocabulary.put(String.valueOf((char) (printable ? b : strange++)), 3 + b);
    }
    Map<String, Object> byteLevel =
        Map.of(
            "type",
            "ByteLevel",
            "add_prefix_space",
            false,
            "trim_offsets",
            true,
            "use_regex",
            true);
    Map<String, Object> tokenizer = new LinkedHashMap<>();
    tokenizer.put("version", "1.0");
    tokenizer.put("added_tokens", added);
    tokenizer.put("normalizer", null);
    tokenizer.put("pre_tokenizer", byteLevel);
    tokenizer.put(
        "post_processor",
        Map.of(
            "type", "TemplateProcessing",
            "single", List.of(special("<s>"), sequence("A", 0)),
            "pair", List.of(special("<s>"), sequence("A", 0), sequence("B", 1)),
            "special_tokens",
                Map.of("<s>", Map.of("id", "<s>", "ids", List.of(1), "tokens", List.of("<s>")))));
    tokenizer.put("decoder", byteLevel);
    tokenizer.put("model", Map.of("type", "BPE", "vocab", vocabulary, "merges", List.of()));
    return tokenizer;
  }

  private static Map<String, Object> special(String token) {
    return Map.of("SpecialToken", Map.of("id", token, "type_id", 0));
  }

  private static Map<String, Object> sequence(String name, int typeId) {
    return Map.of("Sequence", Map.of("id", name, "type_id", typeId));
  }
}
