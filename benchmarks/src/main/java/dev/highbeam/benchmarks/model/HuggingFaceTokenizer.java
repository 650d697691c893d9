// SPDX-License-Identifier: Apache-2.0
package dev.highbeam.benchmarks.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * The tokenizer.json and tokenizer_config.json of a vocabulary. Text is cut as the family's own
 * tokenizer cuts it; nothing is put before or after a text.
 */
final class HuggingFaceTokenizer {

  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?";
  private static final String SYMBOLS =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private HuggingFaceTokenizer() {}

  static ObjectNode of(ModelShape shape, SyntheticVocabulary vocabulary) {
    ObjectNode json = new JsonMapper().createObjectNode();
    json.put("version", "1.0").putNull("truncation").putNull("padding");
    addSpecialTokens(json.putArray("added_tokens"), vocabulary);
    json.putNull("normalizer");
    ObjectNode preTokenizer = json.putObject("pre_tokenizer").put("type", "Sequence");
    ArrayNode steps = preTokenizer.putArray("pretokenizers");
    ObjectNode split = steps.addObject().put("type", "Split");
    split.putObject("pattern").put("Regex", pattern(shape.family()));
    split.put("behavior", "Isolated").put("invert", false);
    byteLevel(steps.addObject());
    json.putNull("post_processor");
    byteLevel(json.putObject("decoder"));
    addModel(json.putObject("model"), vocabulary);
    return json;
  }

  static ObjectNode config(ModelShape shape, SyntheticVocabulary vocabulary) {
    ObjectNode json = new JsonMapper().createObjectNode();
    boolean isLlama = shape.family() == ModelShape.Family.LLAMA3;
    return json.put("tokenizer_class", isLlama ? "PreTrainedTokenizerFast" : "Qwen2Tokenizer")
        .put("add_bos_token", false)
        .put("bos_token", vocabulary.tokens().get(shape.textTokens()))
        .put("eos_token", vocabulary.tokens().get(shape.endToken()))
        .put("model_max_length", shape.maxPositions());
  }

  /** Llama 3 takes up to three digits together, Qwen 2 each alone. */
  private static String pattern(ModelShape.Family family) {
    String digits = family == ModelShape.Family.LLAMA3 ? "\\p{N}{1,3}" : "\\p{N}";
    return CONTRACTIONS + "\\p{L}+|" + digits + SYMBOLS;
  }

  private static void byteLevel(ObjectNode step) {
    step.put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
  }

  private static void addSpecialTokens(ArrayNode added, SyntheticVocabulary vocabulary) {
    for (int id = vocabulary.textTokens(); id < vocabulary.tokens().size(); id++) {
      added
          .addObject()
          .put("id", id)
          .put("content", vocabulary.tokens().get(id))
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
  }

  private static void addModel(ObjectNode model, SyntheticVocabulary vocabulary) {
    model
        .put("type", "BPE")
        .putNull("dropout")
        .putNull("unk_token")
        .put("continuing_subword_prefix", "")
        .put("end_of_word_suffix", "")
        .put("fuse_unk", false)
        .put("byte_fallback", false);
    ObjectNode ids = model.putObject("vocab");
    for (int id = 0; id < vocabulary.textTokens(); id++) {
      ids.put(vocabulary.tokens().get(id), id);
    }
    ArrayNode merges = model.putArray("merges");
    vocabulary.merges().forEach(merges::add);
  }
}
